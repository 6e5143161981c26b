import type { mongo } from 'mongoose';
import { HEALTH_STATES, REACH_KINDS } from '../../../src/shared/reach.js';
import { typedEndings } from './0002-typed-endings.js';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { objectOf, setValidators, validator, type ValidatorDefinition } from './validators.js';

const indexes: readonly IndexDefinition[] = [
  {
    collection: 'environments',
    name: 'abandoned',
    key: { 'resources.cleanup.abandonedAt': 1 },
    partial: { 'resources.cleanup.abandonedAt': { $gt: new Date(0) } },
  },
];

const FILES = (root: string) => ({ kind: 'files', root });
const ELSEWHERE = (url: string) => ({ kind: 'elsewhere', url, healthPath: null, removable: false });
const given = (field: string) => ({ $ne: [{ $ifNull: [field, null] }, null] });

/** Until 0.2 a deployment with an uploaded directory was served from it, and one with a URL alone was deployed elsewhere. */
const REACH_OF_CURRENT = {
  $cond: [given('$current.artifactRoot'), FILES('$current.artifactRoot'), ELSEWHERE('$current.url')],
};
const REACH_OF_DEPLOYMENT = {
  $cond: [
    given('$artifactRoot'),
    FILES('$artifactRoot'),
    { $cond: [given('$url'), ELSEWHERE('$url'), null] },
  ],
};
/** A resource without a handle was not made yet. */
const WITH_REACH = {
  $mergeObjects: [
    '$$one',
    {
      reach: {
        $cond: [
          { $and: [given('$$one.handle'), given('$$one.artifactRoot')] },
          FILES('$$one.artifactRoot'),
          null,
        ],
      },
    },
  ],
};

function mapResources(change: mongo.Document): mongo.Document[] {
  return [{ $set: { resources: { $map: { input: '$resources', as: 'one', in: change } } } }];
}

/** Each step finds only what it has not changed yet, so all of them can be run again after a crash. */
async function up(db: mongo.Db): Promise<void> {
  const environments = db.collection('environments');
  const withoutReach = { current: { $type: 'object' }, 'current.reach': { $exists: false } };
  await environments.updateMany(withoutReach, [
    { $set: { 'current.reach': REACH_OF_CURRENT } },
    { $unset: 'current.artifactRoot' },
  ]);
  const unmade = { resources: { $elemMatch: { reach: { $exists: false } } } };
  await environments.updateMany(unmade, mapResources(WITH_REACH));
  await db
    .collection('deployments')
    .updateMany({ reach: { $exists: false } }, [{ $set: { reach: REACH_OF_DEPLOYMENT } }]);
  await setValidators(db, validators);
  await makeIndexes(db, indexes);
}

/** What waits for a workflow run cannot be said in 0.2: it is forgotten there, and `GET /api/v1/leaks` lists it before. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, indexes);
  await setValidators(db, earlier);
  const environments = db.collection('environments');
  await environments.updateMany({ 'current.reach': { $exists: true } }, [
    { $set: { 'current.artifactRoot': { $ifNull: ['$current.reach.root', null] } } },
    { $unset: 'current.reach' },
  ]);
  await environments.updateMany(
    { resources: { $elemMatch: { reach: { $exists: true } } } },
    mapResources(OLD_RESOURCE),
  );
  await environments.updateMany({ health: { $exists: true } }, { $unset: { health: '' } });
  const deployments = db.collection('deployments');
  // 0.2 takes a URL without an upload for "elsewhere", and gives an upload the URL of its environment.
  const served = { 'reach.kind': 'files', status: { $exists: true } };
  await deployments.updateMany(served, { $set: { url: null } });
  await deployments.updateMany({ reach: { $exists: true } }, { $unset: { reach: '' } });
}

const OLD_RESOURCE = {
  target: '$$one.target',
  generation: '$$one.generation',
  deploymentId: '$$one.deploymentId',
  artifactRoot: '$$one.artifactRoot',
  doomed: '$$one.doomed',
  handle: '$$one.handle',
};

const CHANGED: readonly string[] = ['environments', 'deployments'];
const earlier = (typedEndings.validators ?? []).filter(({ collection }) => CHANGED.includes(collection));

const reach = objectOf({ kind: { enum: REACH_KINDS } });
const orNull = (schema: mongo.Document): mongo.Document => ({ anyOf: [{ bsonType: 'null' }, schema] });

const resource = objectOf({
  target: 'string',
  generation: 'number',
  deploymentId: 'string',
  reach: orNull(reach),
  doomed: 'bool',
});

const current = objectOf({ deploymentId: 'string', sha: 'string', url: 'string', reach, at: 'date' });

const health = objectOf({ state: { enum: HEALTH_STATES }, since: 'date' });

/** The earlier validator of a collection, with these fields on top. */
function extended(
  collection: string,
  { required, optional = {} }: { required: Record<string, mongo.Document>; optional?: mongo.Document },
): ValidatorDefinition {
  const { schema: before } = earlier.find((one) => one.collection === collection) ?? { schema: {} };
  const { schema: added } = validator(collection, required);
  const names = (schema: mongo.Document) => (schema['required'] ?? []) as readonly string[];
  const fields = (schema: mongo.Document) => (schema['properties'] ?? {}) as mongo.Document;
  return {
    collection,
    schema: {
      bsonType: 'object',
      required: [...new Set([...names(before), ...names(added)])],
      properties: { ...fields(before), ...fields(added), ...optional },
    },
  };
}

const validators = [
  extended('environments', {
    required: { current: orNull(current), resources: { bsonType: 'array', items: resource } },
    optional: { health: orNull(health) },
  }),
  extended('deployments', { required: { reach: orNull(reach) } }),
];

/** What is live, what was made and what was deployed say how they are reached, instead of leaving it to be guessed. */
export const kindAndReach: Migration = {
  version: 3,
  name: 'kind-and-reach',
  indexes,
  validators,
  up,
  down,
};
