import type { Environment } from '../environments/model.js';
import { defaultSettings, projectsOf } from '../settings/settings.js';
import { asRecord, resolveVariables } from '../variables/layers.js';
import type { BuiltInFacts } from '../variables/names.js';

/** What a run needs to build. The server decides it, so that a pull request cannot change it. */
export interface BuildPlan {
  readonly target: string;
  readonly install: string | null;
  readonly build: string | null;
  readonly output: string | null;
  readonly workingDirectory: string;
  readonly healthPath: string;
  readonly variables: Readonly<Record<string, string>>;
}

export function buildPlan({ environment, target }: { environment: Environment; target: string }): BuildPlan {
  const settings = environment.settings ?? defaultSettings();
  const project = projectsOf(settings, environment.repository).find(
    ({ name }) => name === environment.project,
  );
  const build = project?.build ?? settings.build;
  // Variables were validated when the settings were read, so problems are not checked again.
  const variables = resolveVariables({ layers: { project: build.env }, builtIn: factsOf(environment) });
  return {
    target,
    install: build.install,
    build: build.build,
    output: build.output,
    workingDirectory: within(project?.root ?? '.', build.workingDirectory),
    healthPath: build.healthPath,
    variables: asRecord(variables),
  };
}

/** A project's commands run in its folder, or in the folder inside it that they name. */
function within(root: string, folder: string): string {
  return [root, folder].filter((part) => part !== '.').join('/') || '.';
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
