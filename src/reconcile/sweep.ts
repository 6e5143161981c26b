import type { DeploymentPorts } from '../deployments/store.js';
import { destroyEnvironment } from '../environments/destroy.js';
import { isExpired } from '../environments/expire.js';
import { activeEnvironments, listedEnvironments } from '../environments/list.js';
import { isActive } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { TokenPorts } from '../people/api-token.js';
import type { AuditPorts } from '../people/audit-log.js';
import type { UserPorts } from '../people/user.js';
import type { ProjectPorts } from '../projects/project.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { Repo, RepositoryPorts } from '../repositories/model.js';
import type { AddressPorts } from '../shared/preview-url.js';
import { E } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import type { TargetPorts } from '../targets/target.js';
import type { ArtifactPorts, BlobPorts } from '../uploads/store.js';
import { sweepFiles } from '../uploads/sweep-files.js';
import { eachAlone } from './for-each-isolated.js';
import { sweepOrLose } from './sweep-or-lose.js';
import { sweepResources } from './sweep-resources.js';
import { sweepVanished } from './sweep-vanished.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  TokenPorts &
  AuditPorts &
  ArtifactPorts &
  BlobPorts &
  TargetPorts &
  Tools &
  AddressPorts;

export interface Swept {
  readonly healed: number;
  readonly expired: number;
  readonly leaked: number;
}

/** Clocks of several servers differ: what is past its date is kept a little longer than it counts. */
const TOKEN_GRACE_MS = 60 * 60_000;

/**
 * Compares open pull requests, labelled resources and files with the documents, and heals both ways: webhooks are hints that may be
 * lost. No part of it waits for another to succeed.
 */
export async function sweep(ports: Ports): Promise<Swept> {
  const before = new Date(ports.clock.now().getTime() - TOKEN_GRACE_MS);
  const alone = (part: string, work: () => Promise<number>) =>
    eachAlone(ports, { items: [part], fields: { part }, work });
  const healed = await alone('pull requests', () => sweepRepositories(ports));
  const expired = await alone('expiry', () => sweepExpired(ports));
  await alone('tear-downs', () => sweepTeardowns(ports));
  const leaked = await alone('resources', () => sweepResources(ports));
  await alone('vanished uploads', () => sweepVanished(ports));
  await alone('files', () => sweepFiles(ports));
  await alone('tokens', () => ports.tokens.deleteExpired(before));
  return { healed, expired, leaked };
}

async function sweepRepositories(ports: Ports): Promise<number> {
  const items = (await ports.repos.all()).filter(reachable);
  const fields = { part: 'repository' };
  return eachAlone(ports, { items, fields, work: (repo) => sweepOrLose(ports, repo) });
}

function reachable(repo: Repo): repo is Repo & { installationId: number } {
  return repo.installationId !== null && repo.removedAt === null;
}

const EXPIRED = 'Nothing happened here for longer than the settings allow. Push a commit to bring it back.';

function sweepExpired(ports: Ports): Promise<number> {
  const now = ports.clock.now();
  const items = activeEnvironments(ports);
  const onlyIf = (seen: StoredEnvironment) => isExpired(seen, now);
  const work = async (environment: StoredEnvironment) => {
    if (!onlyIf(environment)) return 0;
    const request = {
      environmentId: environment.id,
      actor: 'vitrine',
      rule: 'expired',
      detail: EXPIRED,
    } as const;
    return isActive(await destroyEnvironment(ports, { ...request, onlyIf })) ? 0 : 1;
  };
  return eachAlone(ports, { items, fields: { part: 'expiry' }, work });
}

/** One that is going, with nobody charged to see to it, would be going for ever. */
function sweepTeardowns(ports: Ports): Promise<number> {
  const items = listedEnvironments(ports, { status: E.destroying });
  const work = async ({ id, due }: StoredEnvironment) => {
    if (due.teardown.at !== null) return 0;
    await ports.environments.markDue(id, 'teardown');
    return 1;
  };
  return eachAlone(ports, { items, fields: { part: 'tear-downs' }, work });
}
