import { endDeployment } from '../deployments/change.js';
import { failDeployment, finishDeployment } from '../deployments/finish.js';
import type { DeploymentPorts, StoredDeployment } from '../deployments/store.js';
import { isActive, isHeadDeployment } from '../environments/model.js';
import { needsRerun, supersession } from '../environments/reasons.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { GitHubPorts } from '../repositories/github.js';
import { endUnclaimed } from '../runs/unclaimed.js';
import { ENDED_BY } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import { forEachIsolated } from './for-each-isolated.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  Pick<TargetPorts, 'targets'> &
  GitHubPorts &
  Pick<Tools, 'clock' | 'log'>;

/** A workflow run reports at least once a minute (`action/server/progress.ts`). */
export const SILENT_MS = 15 * 60_000;
/** How long a commit may wait for a run: queues of self-hosted runners are slow. */
export const UNCLAIMED_MS = 60 * 60_000;
/**
 * For this long the server asks GitHub every minute whether a run can still come. A deployment whose runs end later waits until
 * `UNCLAIMED_MS`.
 */
const ASKING_MS = 5 * 60_000;
const BATCH = 200;

/** Ends every deployment that had no report for too long, with a reason. Resolves to the number of ended deployments. */
export async function reconcileStuck(ports: Ports): Promise<number> {
  const now = ports.clock.now().getTime();
  return forEachIsolated(ports, {
    items: silentDeployments(ports, new Date(now - SILENT_MS)),
    fields: { part: 'stuck deployments' },
    work: (deployment) => endSilent(ports, { deployment, now }),
  });
}

/** All of them, the longest silent first. They are read page by page: deployments that still wait must not hide the others. */
async function* silentDeployments({ deployments }: Ports, before: Date): AsyncGenerator<StoredDeployment> {
  const seen = new Set<string>();
  let from: Date | undefined;
  for (;;) {
    const found = await deployments.silentSince(before, BATCH, from);
    const fresh = found.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) seen.add(id);
    yield* fresh;
    if (fresh.length === 0 || found.length < BATCH) return;
    // Several may have been updated in the same millisecond, so the next page begins at that one.
    from = found.at(-1)?.updatedAt;
  }
}

const REMOVED = { endedBy: ENDED_BY.previewRemoved, error: 'The preview was removed.' } as const;

async function endSilent(
  ports: Ports,
  { deployment, now }: { deployment: StoredDeployment; now: number },
): Promise<number> {
  const environment = await ports.environments.get(deployment.environmentId);
  if (!environment || !isHeadDeployment(environment, deployment)) {
    const there = environment && isActive(environment);
    const ending = there ? supersession(environment, deployment) : REMOVED;
    await endDeployment(ports, { id: deployment.id, event: 'supersede', ...ending });
    return 1;
  }
  if (environment.current?.deploymentId === deployment.id) {
    await finishDeployment(ports, { environment, deployment });
    return 1;
  }
  // Not since `createdAt`: when the pull request is reopened at the same commit, the deployment waits again from that moment.
  const waited = now - deployment.updatedAt.getTime();
  if (deployment.run === null && waited < UNCLAIMED_MS) return endWithoutRun(ports, { deployment, waited });
  await failDeployment(ports, {
    environment,
    deployment,
    event: 'fail',
    endedBy: deployment.run === null ? ENDED_BY.noRun : ENDED_BY.runSilence,
    error: reason(environment, deployment),
  });
  return 1;
}

/** No workflow run took the deployment on. If all runs of the commit have ended, none will, and the deployment ends. */
async function endWithoutRun(
  ports: Ports,
  { deployment, waited }: { deployment: StoredDeployment; waited: number },
): Promise<number> {
  if (waited >= SILENT_MS + ASKING_MS) return 0;
  return (await endUnclaimed(ports, { deployment, patient: true })) ? 1 : 0;
}

function reason(environment: StoredEnvironment, { run }: StoredDeployment): string {
  if (run !== null)
    return 'The workflow run fell silent for 15 minutes: see its log on GitHub, then re-run it.';
  return needsRerun(environment)
    ? 'No workflow run took this commit on within an hour. GitHub starts the workflow for new commits only: re-run it to build this one.'
    : 'No workflow run took this commit on within an hour: add a job with the preview Action to the workflow for pull requests, or re-run it.';
}
