import type { Environment } from '../environments/model.js';
import { projectsOf } from '../settings/settings.js';

/**
 * Whether what GitHub is told must name the project. The settings say so, not the environments: those of a pull request are made one
 * after the other, and a check keeps the name it was born with.
 */
function isOneOfSeveral(environment: Environment, siblings: readonly Environment[]): boolean {
  const { settings, repository, project } = environment;
  const names = settings ? projectsOf(settings, repository).map(({ name }) => name) : [];
  // Siblings that the settings do not name (any more) are told apart too.
  return names.length > 1 || (siblings.length > 1 && !names.includes(project));
}

export function checkName(environment: Environment, siblings: readonly Environment[]): string {
  return isOneOfSeveral(environment, siblings) ? `Preview / ${environment.project}` : 'Preview';
}

/** GitHub keeps the newest commit status of each context. */
export function statusContext(environment: Environment, siblings: readonly Environment[]): string {
  return isOneOfSeveral(environment, siblings) ? `preview/${environment.project}` : 'preview';
}
