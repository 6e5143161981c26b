import type { DeploymentPorts } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { sameRun, type RunRef } from '../shared/run-ref.js';

type Ports = EnvironmentPorts & DeploymentPorts;

/** Notes that the run which has the newest commit tells GitHub by a check run of its own, so that the App makes none beside it. */
export async function markSelfReported(
  ports: Pick<Ports, 'environments' | 'deployments'>,
  { environment, run }: { readonly environment: StoredEnvironment; readonly run: RunRef },
): Promise<void> {
  const deploymentId = environment.head?.deploymentId;
  if (deploymentId === undefined || environment.head?.selfReported === deploymentId) return;
  const taker = (await ports.deployments.get(deploymentId))?.run ?? run;
  if (!sameRun(taker, run)) return;
  await changeEnvironment(ports, {
    id: environment.id,
    plan: ({ head }) =>
      head?.deploymentId === deploymentId
        ? { patch: { head: { ...head, selfReported: deploymentId } }, due: [] }
        : null,
  });
}

/** Where GitHub shows the log of a run; its check names the preview instead. */
export function logsOf({ pullRequest }: StoredEnvironment, { id, attempt }: RunRef): string | undefined {
  const repository = pullRequest?.url.replace(/\/pull\/\d+$/, '');
  return repository && `${repository}/actions/runs/${id}/attempts/${attempt}`;
}
