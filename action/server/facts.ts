import type { DeploymentView, EnvironmentView } from '../../src/contract/schemas.js';
import type { Result } from '../result/result.js';

export type Facts = Pick<
  Result,
  'url' | 'commitUrl' | 'deploymentId' | 'environment' | 'live' | 'expiresAt' | 'sha'
>;

/** What the server says about a deployment, as far as the outputs show it. */
export function factsOf(
  { environment, deployment }: { environment: EnvironmentView; deployment: DeploymentView },
  live = environment.currentCommit === deployment.sha,
): Facts {
  return {
    url: deployment.url ?? environment.url,
    commitUrl: deployment.commitUrl ?? '',
    deploymentId: deployment.id,
    environment: environment.name,
    live,
    expiresAt: environment.expiresAt ?? '',
    sha: deployment.sha,
  };
}
