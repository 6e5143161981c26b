import type { Environment } from '../environments/model.js';
import { BUILD_DEFAULTS } from '../settings/schema.js';
import { defaultSettings, projectsOf, type Settings } from '../settings/settings.js';
import { type BuiltInFacts, builtInVariables } from '../variables/names.js';

/** The settings of its project, as they were when the pull request was last looked at. */
export function buildSettingsOf(environment: Environment): {
  readonly build: Settings['build'];
  readonly root: string;
} {
  const settings = environment.settings ?? defaultSettings();
  const project = projectsOf(settings, environment.repository).find(
    ({ name }) => name === environment.project,
  );
  // What an older version of this server stored does not have the newer settings.
  return { build: { ...BUILD_DEFAULTS, ...(project?.build ?? settings.build) }, root: project?.root ?? '.' };
}

/** The variables that say what an environment is. */
export function builtInVariablesOf({
  url,
  name,
  project,
  head,
  pullRequest,
}: Environment): Record<string, string> {
  const facts: BuiltInFacts = {
    url,
    environment: name,
    project,
    sha: head?.sha ?? '',
    branch: pullRequest?.head.ref ?? name,
    pullRequest: pullRequest ? { number: pullRequest.number, baseBranch: pullRequest.base.ref } : undefined,
  };
  return builtInVariables(facts);
}
