import type { Connection, Model } from 'mongoose';
import type { NewDeployment } from '../../../src/deployments/model.js';
import type { DeploymentPatch, DeploymentStore, StoredDeployment } from '../../../src/deployments/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { RunRef } from '../../../src/shared/run-ref.js';
import { text, whole } from '../shared/query.js';
import { retryOnce } from '../shared/retry-once.js';
import { insertedOrThere, isDuplicateKey } from '../shared/write.js';
import { deploymentQueries } from './deployment-queries.js';
import { deploymentModel, type DeploymentDocument } from './deployment.js';
import { orNull, toDeployment, toDocument, WITHOUT_SHA7, type VisibleDeployment } from './document.js';

type Deployments = Model<DeploymentDocument>;

/** Deployments in MongoDB, their stages embedded. */
export function deploymentStore(connection: Connection): DeploymentStore {
  const model = deploymentModel(connection);
  return {
    ...deploymentQueries(model),
    ensure: (fresh) => retryOnce(() => ensure(model, fresh)),
    get: async (id) => orNull(await findById(model, id)),
    byRun: async (environmentId, sha, run) => orNull(await findByRun(model, { environmentId, sha, run })),
    change: (seen, patch) => change(model, { seen, patch }),
  };
}

async function ensure(model: Deployments, fresh: NewDeployment): Promise<StoredDeployment> {
  // Mostly it is there: every event of its pull request asks for it.
  const there = await findStored(model, fresh);
  if (there) return toDeployment(there);
  const { sha7, ...visible } = toDocument(fresh, new Date());
  const insert = model.collection.insertOne({ ...visible, sha7 } as never);
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

/** Also null when another deployment has taken the same run on: that, too, means somebody was first. */
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
