import { type Connection, type Model, trusted } from 'mongoose';
import type { NewDeployment } from '../../../src/deployments/model.js';
import type { DeploymentPatch, DeploymentStore, StoredDeployment } from '../../../src/deployments/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Reach } from '../../../src/shared/reach.js';
import type { RunRef } from '../../../src/shared/run-ref.js';
import { UNSETTLED_DEPLOYMENTS } from '../../../src/shared/status/deployment.js';
import { DEPLOYMENT_STATUS } from '../../../src/shared/status/words.js';
import { limitOf, text, whole } from '../shared/query.js';
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

type Deployments = Model<DeploymentDocument>;

/** Deployments in MongoDB, their stages embedded. */
export function deploymentStore(connection: Connection): DeploymentStore {
  const model = deploymentModel(connection);
  return {
    ...deploymentQueries(model),
    list: (query) => listDeployments(model, query),
    ensure: (fresh, { isNew = false } = {}) => retryOnce(() => ensure(model, fresh, isNew)),
    get: async (id) => orNull(await findById(model, id)),
    byRun: async (environmentId, sha, run) => orNull(await findByRun(model, { environmentId, sha, run })),
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

async function ensure(model: Deployments, fresh: NewDeployment, isNew: boolean): Promise<StoredDeployment> {
  // Read first: it usually exists, because every event of its pull request calls this.
  const there = isNew ? null : await findStored(model, fresh);
  if (there) return toDeployment(there);
  const { sha7, ...visible } = toDocument(fresh, new Date());
  const insert = model.collection.insertOne({ ...visible, sha7 } as never, REPEATABLE);
  if (await insertedOrThere(insert)) return toDeployment(visible);
  const stored = await findStored(model, fresh);
  if (stored) return toDeployment(stored);
  throw new VitrineError('unavailable', `Deployment ${fresh.id} could not be stored: try again.`);
}

async function findStored(model: Deployments, { id, environmentId, sha, run }: NewDeployment) {
  const same = await findById(model, id);
  if (same || !run) return same;
  return findByRun(model, { environmentId, sha, run });
}

function findById(model: Deployments, id: string): Promise<VisibleDeployment | null> {
  return model
    .findOne({ _id: text(id, 'the id') }, WITHOUT_SHA7)
    .lean<VisibleDeployment>()
    .exec();
}

function findByRun(
  model: Deployments,
  { environmentId, sha, run }: { environmentId: string; sha: string; run: RunRef },
): Promise<VisibleDeployment | null> {
  const filter = {
    environmentId: text(environmentId, 'the environment'),
    sha: text(sha, 'the commit'),
    'run.id': text(run.id, 'the run'),
    'run.attempt': whole(run.attempt, 'the attempt'),
    'run.job': text(run.job, 'the job'),
  };
  return model.findOne(filter, WITHOUT_SHA7).lean<VisibleDeployment>().exec();
}

/** Also null when another deployment has the same run: then another writer was first. */
async function change(
  model: Deployments,
  { seen, patch }: { seen: StoredDeployment; patch: DeploymentPatch },
): Promise<StoredDeployment | null> {
  try {
    const written = await model
      .findOneAndUpdate(
        { _id: text(seen.id, 'the id'), status: seen.status, version: seen.version },
        { $set: patch, $inc: { version: 1 }, $currentDate: { updatedAt: true } },
        { returnDocument: 'after', projection: WITHOUT_SHA7 },
      )
      .lean<VisibleDeployment>();
    return orNull(written);
  } catch (error) {
    if (isDuplicateKey(error)) return null;
    throw error;
  }
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
      const filter = { environmentId: text(environmentId, 'the environment'), status: unsettled() };
      return (await find(filter).sort({ _id: 1 }).hint('environment_status_id')).map(toDeployment);
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
      const statuses = Object.values(DEPLOYMENT_STATUS);
      const counts = await Promise.all(statuses.map((status) => model.countDocuments({ status })));
      return Object.fromEntries(statuses.map((status, index) => [status, counts[index] ?? 0]));
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
