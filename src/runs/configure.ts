import {
  type Configuration,
  configurationOf,
  type ConfigurationPorts,
  configurationProblem,
} from '../deployments/configuration.js';
import type { DeploymentPorts } from '../deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { isVitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import type { ClaimRequest } from './claim.js';
import { refuseRun } from './refuse.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  TargetPorts &
  ConfigurationPorts &
  Pick<Tools, 'clock' | 'newId' | 'log'>;

interface Configured {
  readonly environment: StoredEnvironment;
  readonly body: ClaimRequest & { readonly provides?: readonly string[] | undefined };
}

/**
 * The variables and secrets that a run gets. When one is missing or cannot be read, the deployment ends with the reason before a build
 * is spent on it.
 */
export async function configureRun(ports: Ports, { environment, body }: Configured): Promise<Configuration> {
  const configuration = await configurationOf(ports, environment).catch(async (error: unknown) => {
    if (!isVitrineError(error) || error.code !== 'secret_unreadable') throw error;
    ports.log('error', error.message, { environment: environment.slug });
    await refuseRun(ports, { environment, body, reason: error.message });
    throw error;
  });
  const provided = body.provides ?? [];
  const reason = configurationProblem(environment, { configuration, provided });
  if (reason !== null) throw await refuseRun(ports, { environment, body, reason });
  return configuration;
}
