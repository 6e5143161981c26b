import { type Connection, type Model, type mongo, trusted } from 'mongoose';
import type { NewDeployment } from '../../../src/deployments/model.js';
import type { DeploymentPatch, DeploymentStore, StoredDeployment } from '../../../src/deployments/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Reach } from '../../../src/shared/reach.js';
import type { RunRef } from '../../../src/shared/run-ref.js';
import { UNSETTLED_DEPLOYMENTS } from '../../../src/shared/status/deployment.js';
import { DEPLOYMENT_STATUS } from '../../../src/shared/status/words.js';
import { limitOf, oneOf, text, whole } from '../shared/query.js';
import { driverOf, onlyFields, TIMED } from '../shared/schema.js';
import { insertedOrThere, isDuplicateKey, REPEATABLE, retryOnce } from '../shared/write.js';
import {
  type DeploymentDocument,
  deploymentModel,
  orNull,
  toDeployment,
  toDocument,
  type VisibleDeployment,
  WITHOUT_SHA7,
} from './document.js';
import { listDeployments } from './list.js';

type Deployments = mongo.Collection<DeploymentDocument>;

const VISIBLE = { ...TIMED, projection: WITHOUT_SHA7 } as const;

/** Deployments in MongoDB, their stages embedded. */
export function deploymentStore(connection: Connection): DeploymentStore {
  const model = deploymentModel(connection);
  const collection = driverOf(model);
  return {
    ...deploymentQueries(model),
    ...ofProject(collection),
    list: (query) => listDeployments(model, query),
    ensure: (fresh, { isNew = false } = {}) => retryOnce(() => ensure(collection, fresh, isNew)),
    get: async (id) => orNull(await findById(collection, id)),
    byRun: async (environmentId, sha, run) =>
      orNull(await findByRun(collection, { environmentId, sha, run })),
    change: (seen, patch) => change(model, { seen, patch }),
    async byIds(ids) {
      const filter = { _id: trusted({ $in: ids.map((id) => text(id, 'the id')) }) };
      return (await model.find(filter, WITHOUT_SHA7).lean<VisibleDeployment[]>()).map(toDeployment);
    },
    async forgetEndings(id, keys) {
      await model.updateOne({ _id: text(id, 'the id') }, { $pull: { endings: { key: { $in: [...keys] } } } });
    },
  };
}

async function ensure(
  collection: Deployments,
  fresh: NewDeployment,
  isNew: boolean,
): Promise<StoredDeployment> {
  // Read first: it usually exists, because every event of its pull request calls this.
  const there = isNew ? null : await findStored(collection, fresh);
  if (there) return toDeployment(there);
  const { sha7, ...visible } = toDocument(fresh, new Date());
  const insert = collection.insertOne({ ...visible, sha7 }, REPEATABLE);
  if (await insertedOrThere(insert)) return toDeployment(visible);
  const stored = await findStored(collection, fresh);
  if (stored) return toDeployment(stored);
  throw new VitrineError('unavailable', `Deployment ${fresh.id} could not be stored: try again.`);
}

async function findStored(collection: Deployments, { id, environmentId, sha, run }: NewDeployment) {
  const same = await findById(collection, id);
  if (same || !run) return same;
  return findByRun(collection, { environmentId, sha, run });
}

function findById(collection: Deployments, id: string): Promise<VisibleDeployment | null> {
  return collection.findOne<VisibleDeployment>({ _id: text(id, 'the id') }, VISIBLE);
}

function findByRun(
  collection: Deployments,
  { environmentId, sha, run }: { environmentId: string; sha: string; run: RunRef },
): Promise<VisibleDeployment | null> {
  const filter = {
    environmentId: text(environmentId, 'the environment'),
    sha: text(sha, 'the commit'),
    'run.id': text(run.id, 'the run'),
    'run.attempt': whole(run.attempt, 'the attempt'),
    'run.job': text(run.job, 'the job'),
  };
  return collection.findOne<VisibleDeployment>(filter, VISIBLE);
}

/** Also null when another deployment has the same run: then another writer was first. */
async function change(
  model: Model<DeploymentDocument>,
  { seen, patch }: { seen: StoredDeployment; patch: DeploymentPatch },
): Promise<StoredDeployment | null> {
  try {
    const written = await driverOf(model).findOneAndUpdate(
      {
        _id: text(seen.id, 'the id'),
        status: oneOf(seen.status, STATUSES),
        version: whole(seen.version, 'the version'),
      },
      {
        $set: onlyFields(patch, model),
        $inc: { version: 1 },
        $currentDate: { updatedAt: true, ...(isAnnounced(patch) && { announcedAt: true as const }) },
      },
      { ...VISIBLE, returnDocument: 'after' },
    );
    return orNull(written);
  } catch (error) {
    if (isDuplicateKey(error)) return null;
    throw error;
  }
}

const STATUSES = Object.values(DEPLOYMENT_STATUS);
/** Notifications are made of it afterwards, also when this process ends first. */
function isAnnounced({ status }: DeploymentPatch): boolean {
  return status === DEPLOYMENT_STATUS.success || status === DEPLOYMENT_STATUS.failed;
}

/** What this server answers itself at the host of a commit. */
const SERVED_HERE = ['files', 'upstream'] satisfies Reach['kind'][];

type Queries = Pick<
  DeploymentStore,
  | 'unsettledOfRun'
  | 'unclaimedOf'
  | 'unsettledOf'
  | 'silentSince'
  | 'startsSince'
  | 'listOf'
  | 'bySha7'
  | 'newestBySha7'
  | 'countByStatus'
  | 'withEndings'
>;

/** Every index is named: the planner may otherwise guess from a few documents and sort in memory. */
function deploymentQueries(model: Model<DeploymentDocument>): Queries {
  const find = (filter: object) => model.find(filter, WITHOUT_SHA7).lean<VisibleDeployment[]>();
  const newest = async (found: ReturnType<typeof find>) =>
    orNull((await found.sort({ _id: -1 }).limit(1).hint('environment_sha7_id'))[0] ?? null);
  const unsettled = () => trusted({ $in: [...UNSETTLED_DEPLOYMENTS] });
  return {
    async unsettledOfRun(repoId, runId) {
      const filter = {
        repoId: whole(repoId, 'the repository'),
        'run.id': text(runId, 'the run'),
        status: unsettled(),
      };
      return (await find(filter).sort({ _id: 1 }).hint('repo_run_status_id')).map(toDeployment);
    },
    async unclaimedOf(repoId, sha) {
      const filter = {
        repoId: whole(repoId, 'the repository'),
        'run.id': null,
        status: unsettled(),
        sha: text(sha, 'the commit'),
      };
      return (await find(filter).sort({ _id: 1 }).hint('repo_run_status_id')).map(toDeployment);
    },
    async unsettledOf(environmentId) {
      const filter = {
        environmentId: text(environmentId, 'the environment'),
        status: { $in: [...UNSETTLED_DEPLOYMENTS] },
      };
      const how = { ...VISIBLE, sort: { _id: 1 }, hint: 'environment_status_id' } as const;
      const found = driverOf(model).find<VisibleDeployment>(filter, how);
      return (await found.toArray()).map(toDeployment);
    },
    async silentSince(before, limit, from) {
      const since = trusted({ $lt: before, ...(from ? { $gte: from } : {}) });
      const filter = { status: unsettled(), updatedAt: since };
      const found = find(filter).sort({ updatedAt: 1 }).limit(limitOf({ limit })).hint('status_updated');
      return (await found).map(toDeployment);
    },
    async startsSince(projectId, since, limit) {
      const filter = {
        projectId: text(projectId, 'the project'),
        startedAt: trusted({ $gt: since }),
      };
      const found = model
        .find(filter, { _id: 0, startedAt: 1 })
        .sort({ startedAt: -1 })
        .limit(limitOf({ limit }))
        .hint('project_started');
      return (await found.lean<{ startedAt: Date }[]>()).map(({ startedAt }) => startedAt);
    },
    listOf: (environmentId, page) => listDeployments(model, { scope: { environmentId }, filter: {}, page }),
    async bySha7(environmentId, sha7) {
      const usable = trusted({ $in: [DEPLOYMENT_STATUS.success, ...UNSETTLED_DEPLOYMENTS] });
      const filter = {
        ...ofCommit(environmentId, sha7),
        status: usable,
        'reach.kind': trusted({ $in: SERVED_HERE }),
      };
      return newest(find(filter));
    },
    newestBySha7: async (environmentId, sha7) => newest(find(ofCommit(environmentId, sha7))),
    async withEndings(limit) {
      const filter = { 'endings.key': trusted({ $gt: '' }) };
      return (await find(filter).limit(limitOf({ limit })).hint('endings')).map(toDeployment);
    },
    async countByStatus() {
      const counts = await Promise.all(STATUSES.map((status) => model.countDocuments({ status })));
      return Object.fromEntries(STATUSES.map((status, index) => [status, counts[index] ?? 0]));
    },
  };
}

/** One command for all deployments of a project: there may be many, and no request waits for it. */
const SLOW_MS = 60_000;

function ofProject(deployments: Deployments): Pick<DeploymentStore, 'countRunning' | 'markDeleted'> {
  return {
    async countRunning(projectId, most, author) {
      const by = author === undefined ? {} : { author: text(author, 'the author') };
      const filter = { projectId: text(projectId, 'the project'), status: DEPLOYMENT_STATUS.running, ...by };
      const options = { ...TIMED, limit: limitOf({ limit: most }), hint: 'project_status_author' };
      return deployments.countDocuments(filter, options);
    },
    async markDeleted(projectId) {
      const filter = { projectId: text(projectId, 'the project'), deletedAt: null };
      const marked = { $currentDate: { deletedAt: true } } as const;
      const options = { hint: 'project_status_author', maxTimeMS: SLOW_MS };
      const { modifiedCount } = await deployments.updateMany(filter, marked, options);
      return modifiedCount;
    },
  };
}

function ofCommit(environmentId: string, sha7: string) {
  return {
    environmentId: text(environmentId, 'the environment'),
    sha7: text(sha7, 'the commit'),
    deletedAt: null,
  };
}
