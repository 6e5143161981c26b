import type { Configuration } from '../deployments/configuration.js';
import { buildSettingsOf, healthCheckOf } from '../deployments/variables.js';
import type { Environment } from '../environments/model.js';
import type { HealthCheck } from '../shared/health.js';
import { startHooksMs } from '../targets/hooks.js';
import type { ServerTarget } from '../targets/target.js';

/** What a run needs to build. The server decides it, so that a pull request cannot change it. */
export interface BuildPlan extends HealthCheck {
  readonly target: string;
  /** What the run hands over to the target. */
  readonly takes: ServerTarget<unknown, unknown>['takes'];
  readonly install: string | null;
  readonly build: string | null;
  readonly output: string | null;
  readonly workingDirectory: string;
  /** The target starts a program: the run asks for that once it has handed everything over. */
  readonly starts: boolean;
  readonly start: string | null;
  readonly port: number | null;
  /** How long the hooks may take together that run before the program starts: so much longer the run waits for it. */
  readonly hooksMs: number;
  /** Of another registry, or in the run's own engine. */
  readonly image: string | null;
  readonly dockerfile: string | null;
  /** Where the run pushes images: the repository of its environment, in this server's own registry. */
  readonly registry: { readonly host: string; readonly repository: string };
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

interface Planned extends Pick<BuildPlan, 'target' | 'takes' | 'starts'> {
  readonly publicUrl: string;
  readonly environment: Environment;
  readonly configuration: Configuration;
}

export function buildPlan({ environment, configuration, publicUrl, ...chosen }: Planned): BuildPlan {
  const { build, root } = buildSettingsOf(environment);
  return {
    ...chosen,
    install: build.install,
    build: build.build,
    output: build.output,
    workingDirectory: within(root, build.workingDirectory),
    ...healthCheckOf(environment),
    start: build.start,
    port: build.port,
    hooksMs: startHooksMs(build.hooks),
    image: build.image,
    dockerfile: build.dockerfile,
    registry: { host: new URL(publicUrl).host, repository: environment.slug },
    variables: configuration.variables,
    secrets: configuration.secrets,
  };
}

/** A project's commands run in its folder, or in the folder inside it that they name. */
function within(root: string, folder: string): string {
  return [root, folder].filter((part) => part !== '.').join('/') || '.';
}
