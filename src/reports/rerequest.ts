import type { DeliveryDecision } from '../deliveries/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { RepoRef } from '../repositories/model.js';
import { tellAgain } from './request.js';

type Ports = EnvironmentPorts;

/** "Re-run" on our check: the report is told again from the document, and the person learns where a build is started anew. */
export async function rerequest(
  ports: Ports,
  { repo, sha, numbers }: { repo: RepoRef; sha: string; numbers: readonly number[] },
): Promise<DeliveryDecision> {
  const environmentIds: string[] = [];
  const when = ({ head }: StoredEnvironment) => head?.sha === sha;
  for (const number of numbers) {
    const all = await ports.environments.ofPullRequest(repo.repoId, number);
    for (const { id } of all.filter(when)) {
      await tellAgain(ports, { id, when });
      environmentIds.push(id);
    }
  }
  return {
    action: environmentIds.length > 0 ? 'update' : 'ignore',
    rule: 'check-rerequested',
    detail: 'The check was asked to run again: re-run the workflow to build this commit once more.',
    environmentIds,
  };
}
