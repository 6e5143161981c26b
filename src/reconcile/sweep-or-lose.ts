import type { DeploymentPorts } from '../deployments/store.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { Observation } from '../observations/observation.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import { type GitHubPorts, isGitHubFailure } from '../repositories/github.js';
import type { RepositoryPorts } from '../repositories/model.js';
import { observeRepository, removeRepository, repoAsFound } from '../repositories/update.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import { sweepRepository } from './sweep-repository.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  AuditPorts &
  Tools &
  AddressPorts;

type Repo = Observation['repo'];

/**
 * Where GitHub does not let us look, the event that says why may have been lost, or another one came after it. GitHub is asked in the
 * name of the App, which needs no right there; only when it knows of no such repository either, everything made for it goes.
 */
export async function sweepOrLose(ports: Ports, repo: Repo): Promise<number> {
  try {
    return await sweepRepository(ports, repo);
  } catch (error) {
    if (!isShutOut(error)) throw error;
    const found = await ports.github.repository(repo.fullName);
    if (found?.repo.repoId !== repo.id) {
      const { environmentIds } = await removeRepository(ports, {
        repoId: repo.id,
        why: 'GitHub does not let the App see the repository any more.',
      });
      return environmentIds.length;
    }
    if (found.repo.installationId === repo.installationId) throw error;
    return (await observeRepository(ports, repoAsFound(found))).environmentIds.length;
  }
}

function isShutOut(error: unknown): boolean {
  return isGitHubFailure(error) && (error.kind === 'gone' || error.kind === 'unauthorized');
}
