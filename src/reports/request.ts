import type { DeliveryDecision } from '../deliveries/store.js';
import { changeEnvironment } from '../environments/change.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { RepoRef } from '../repositories/model.js';

type Ports = EnvironmentPorts;

/**
 * Makes the reporter send everything again. This raises a counter instead of clearing `reported`: only the holder of the claim writes
 * `reported`, and a second writer would lose what the first one stored.
 */
export function requestFullReport(
  ports: Pick<Ports, 'environments'>,
  { id, when = () => true }: { id: string; when?: (seen: StoredEnvironment) => boolean },
): Promise<StoredEnvironment> {
  return changeEnvironment(ports, {
    id,
    plan: (seen) =>
      when(seen) ? { patch: { reportEpoch: (seen.reportEpoch ?? 0) + 1 }, due: ['report'] } : null,
  });
}

/** "Re-run" on our check: sends the report again and tells the person that re-running the workflow builds the commit again. */
export async function rerequest(
  ports: Ports,
  { repo, sha, numbers }: { repo: RepoRef; sha: string; numbers: readonly number[] },
): Promise<DeliveryDecision> {
  const environmentIds: string[] = [];
  const when = ({ head }: StoredEnvironment) => head?.sha === sha;
  for (const number of numbers) {
    const all = await ports.environments.ofPullRequest(repo.repoId, number);
    for (const { id } of all.filter(when)) {
      await requestFullReport(ports, { id, when });
      environmentIds.push(id);
    }
  }
  return {
    action: environmentIds.length > 0 ? 'update' : 'ignore',
    rule: 'check-rerequested',
    detail: 'A re-run of the check was requested. To build this commit again, re-run the workflow.',
    environmentIds,
  };
}
