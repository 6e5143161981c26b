import type { Environment } from '../environments/model.js';
import { defaultSettings, projectsOf, type Settings } from '../settings/settings.js';
import { asRecord, resolveVariables } from '../variables/layers.js';
import type { BuiltInFacts } from '../variables/names.js';

/** The settings of its project, as they were when the pull request was last looked at. */
export function buildSettingsOf(environment: Environment): {
  readonly build: Settings['build'];
  readonly root: string;
} {
  const settings = environment.settings ?? defaultSettings();
  const project = projectsOf(settings, environment.repository).find(
    ({ name }) => name === environment.project,
  );
  return { build: project?.build ?? settings.build, root: project?.root ?? '.' };
}

/** The variables that every build and every preview of this environment gets. */
export function variablesOf(environment: Environment): Readonly<Record<string, string>> {
  const { build } = buildSettingsOf(environment);
  // Variables were validated when the settings were read, so problems are not checked again.
  return asRecord(resolveVariables({ layers: { project: build.env }, builtIn: factsOf(environment) }));
}

function factsOf({ url, name, project, head, pullRequest }: Environment): BuiltInFacts {
  return {
    url,
    environment: name,
    project,
    sha: head?.sha ?? '',
    branch: pullRequest?.head.ref ?? name,
    pullRequest: pullRequest ? { number: pullRequest.number, baseBranch: pullRequest.base.ref } : undefined,
  };
}
