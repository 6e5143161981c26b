import type { mongo } from 'mongoose';
import { toDocument } from '../../app/store/deployments/document.js';
import { documentOf } from '../../app/store/environments/document.js';
import type { Deployment } from '../../src/deployments/model.js';
import { CREATORS } from '../../src/environments/model.js';
import { draftEnvironment } from '../../src/environments/draft.js';
import { DELIVERY_STATUS, DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';

/** So many projects in half as many repositories: few enough that each of them has a long history. */
export const PROJECTS = 20;
const REPOSITORIES = 10;
const BRANCHES = 50;
const AUTHORS = 40;
const PER_ENVIRONMENT = 40;
/** So that a page of the environments of a project is full among few deployments too. */
const LEAST_ENVIRONMENTS = 1_000;
const RULES = ['opened', 'synchronize', 'draft', 'stale-event', 'event-not-used'];
const EVENTS = ['pull_request', 'push', 'check_run', 'workflow_run', 'installation'];

const hex = (prefix: string, index: number) => prefix + String(index).padStart(24 - prefix.length, '0');

export const projectIdOf = (index: number) => hex('a', index % PROJECTS);
export const repoIdOf = (index: number) => 1 + ((index % PROJECTS) % REPOSITORIES);
export const environmentIdOf = (index: number) => hex('e', index);
export const deploymentIdOf = (index: number) => hex('d', index);
export const shaOf = (index: number) => String(index).padStart(40, '0');

const of = <T>(items: readonly T[], index: number): T => items[index % items.length] as T;
const STATUSES = Object.values(DEPLOYMENT_STATUS);
const T0 = Date.UTC(2026, 0, 1);
const BATCH = 2_000;

/** Fills an empty, migrated database with so many deployments, and with environments and deliveries in proportion. */
export async function fillDatabase(db: mongo.Db, deployments: number): Promise<void> {
  const deployed = Math.ceil(deployments / PER_ENVIRONMENT);
  const environments = Math.max(LEAST_ENVIRONMENTS, deployed);
  await insertAll(db, { collection: 'projects', count: PROJECTS, make: projectAt });
  await insertAll(db, { collection: 'repos', count: REPOSITORIES, make: repoAt });
  await insertAll(db, { collection: 'environments', count: environments, make: environmentAt });
  await insertAll(db, {
    collection: 'deployments',
    count: deployments,
    make: (index) => deploymentAt(index, deployed),
  });
  await insertAll(db, { collection: 'webhookDeliveries', count: deployments, make: deliveryAt });
  await insertAll(db, { collection: 'auditLog', count: environments, make: auditAt });
}

interface Filling {
  readonly collection: string;
  readonly count: number;
  readonly make: (index: number) => object;
}

async function insertAll(db: mongo.Db, { collection, count, make }: Filling): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const size = Math.min(BATCH, count - from);
    const documents = Array.from({ length: size }, (_, index) => make(from + index));
    await db
      .collection(collection)
      .insertMany(documents, { ordered: false, writeConcern: { w: 1, journal: false } });
  }
}

function projectAt(index: number): object {
  const at = new Date(T0);
  const name = `project-${index}`;
  return {
    ...{ _id: projectIdOf(index), repoId: repoIdOf(index), name, slug: name, active: true, isDefault: false },
    ...{ version: 0, isAdded: false, settings: {}, deletingAt: null, createdAt: at, updatedAt: at },
  };
}

function repoAt(index: number): object {
  const fullName = `acme/repo-${repoIdOf(index)}`;
  return {
    ...{
      _id: repoIdOf(index),
      ownerId: 1,
      fullName,
      nameKey: fullName,
      defaultBranch: 'main',
      private: true,
    },
    ...{ installationId: 7, removedAt: null, updatedAt: new Date(T0) },
  };
}

function environmentAt(index: number): object {
  const fresh = {
    projectId: projectIdOf(index),
    project: `project-${index % PROJECTS}`,
    repoId: repoIdOf(index),
    repository: `acme/repo-${repoIdOf(index)}`,
    installationId: 7,
    name: `pr-${index}`,
    slug: `pr-${index}-site`,
    url: `http://pr-${index}-site.localhost`,
    decision: { action: 'deploy', rule: 'opened', detail: 'x' } as const,
  };
  const draft = draftEnvironment(fresh, { id: environmentIdOf(index), now: new Date(T0 + index) });
  const patch = { status: of(Object.values(ENVIRONMENT_STATUS), index) };
  return documentOf(draft, { patch, due: [] });
}

function deploymentAt(index: number, environments: number): object {
  const environment = index % environments;
  const at = new Date(T0 + index * 1_000);
  const known = {
    id: deploymentIdOf(index),
    environmentId: environmentIdOf(environment),
    projectId: projectIdOf(environment),
    repoId: repoIdOf(environment),
    generation: 1,
    sha: shaOf(index),
    run: { id: String(index), attempt: 1, job: 'preview' },
    branch: `branch-${index % BRANCHES}`,
    commitMessage: 'A commit',
    author: `author-${index % AUTHORS}`,
    creator: of(CREATORS, index),
    previousDeploymentId: null,
  };
  const ended: Partial<Deployment> = {
    status: of(STATUSES, index),
    updatedAt: at,
    startedAt: at,
    completedAt: at,
  };
  return { ...toDocument(known, at), ...ended };
}

function deliveryAt(index: number): object {
  const isOther = index % 50 === 49;
  const status = isOther
    ? DELIVERY_STATUS.retained
    : of([DELIVERY_STATUS.handled, DELIVERY_STATUS.ignored, DELIVERY_STATUS.parked], index);
  return {
    _id: `g-${index}`,
    provider: isOther ? of(['gitlab', 'bitbucket'], index >> 1) : 'github',
    event: of(EVENTS, index),
    action: 'opened',
    repoId: isOther ? null : repoIdOf(index),
    repository: `acme/repo-${repoIdOf(index)}`,
    pullRequest: isOther ? null : 1 + (index % 200),
    installationId: 7,
    body: Buffer.from('{"zen":"Keep it logically awesome."}'),
    receivedAt: new Date(T0 + index * 1_000),
    status,
    readyAt: new Date(0),
    ...{ attempts: 1, failures: 0, crashes: 0, fence: 1, claim: null, error: null },
    decision: { action: 'ignore', rule: of(RULES, index), detail: 'because', environmentIds: [] },
  };
}

function auditAt(index: number): object {
  const subject = `pr-${index}-site`;
  return {
    _id: hex('b', index),
    actor: 'mona',
    action: 'extend',
    subject,
    detail: 'x',
    at: new Date(T0 + index),
  };
}
