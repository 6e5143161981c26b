import { type Connection, type Model, type mongo, trusted } from 'mongoose';
import { draftEnvironment } from '../../../src/environments/draft.js';
import { type Step, stepOf, STEPS_KEPT } from '../../../src/environments/history.js';
import { isActive } from '../../../src/environments/model.js';
import type {
  EnvironmentFilter,
  EnvironmentStore,
  EnvironmentWrite,
  StoredEnvironment,
} from '../../../src/environments/store.js';
import type { Rule } from '../../../src/pull-requests/decide/rules.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Page, PageRequest } from '../../../src/shared/pages.js';
import { ENVIRONMENT_STATUS, type EnvironmentStatus } from '../../../src/shared/status/words.js';
import { cursorOf, limitOf, oneOf, onlyKeys, pageOf, text, whole } from '../shared/query.js';
import { driverOf, onlyFields, TIMED } from '../shared/schema.js';
import { insertedOrThere, newId, REPEATABLE, retryOnce } from '../shared/write.js';
import { environmentClaims } from './claims.js';
import {
  documentOf,
  type EnvironmentDocument,
  environmentModel,
  isAnnounced,
  orNull,
  toEnvironment,
  type VisibleEnvironment,
  VISIBLE,
  visibleOf,
} from './document.js';

const QUEUED: Rule = 'limit-queued';

const ACTIVE = Object.values(ENVIRONMENT_STATUS).filter((status) => isActive({ status }));

/** Environments in MongoDB. Every write is one document and one command; nothing needs a transaction. */
export function environmentStore(connection: Connection): EnvironmentStore {
  const model = environmentModel(connection);
  const collection = driverOf(model);
  const find = async (filter: mongo.Filter<EnvironmentDocument>) =>
    orNull(await collection.findOne<VisibleEnvironment>(filter, READ));
  return {
    ...environmentClaims(connection),
    ensure: (fresh, write = NO_WRITE) => {
      const draft = draftEnvironment(fresh, { id: fresh.id ?? newId(), now: new Date() });
      return retryOnce(() => ensure(collection, draft, write));
    },
    get: async (id) => find({ _id: text(id, 'the id') }),
    bySlug: async (slug) => find({ slug: text(slug, 'the slug') }),
    async ofPullRequest(repoId, number) {
      const filter = {
        repoId: whole(repoId, 'the repository'),
        'pullRequest.number': whole(number, 'the number'),
      };
      const found = collection.find<VisibleEnvironment>(filter, { ...READ, sort: { _id: 1 } });
      return (await found.toArray()).map(toEnvironment);
    },
    list: (filter, page) => listEnvironments(model, { filter, page }),
    async countActive(projectId, authorId) {
      const byAuthor = authorId !== undefined;
      return collection.countDocuments(
        {
          projectId: text(projectId, 'the project'),
          ...(byAuthor ? { 'pullRequest.author.id': whole(authorId, 'the author') } : {}),
          'decision.action': 'deploy',
          status: { $in: ACTIVE },
        },
        { ...TIMED, hint: byAuthor ? 'project_author_decision_status' : 'project_decision_status' },
      );
    },
    countAllActive: async () =>
      model
        .countDocuments({ 'decision.action': 'deploy', status: trusted({ $in: ACTIVE }) })
        .hint('decision_status'),
    async steps(id) {
      const found = await model
        .findOne({ _id: text(id, 'the id') }, { _id: 0, steps: 1 })
        .lean<{ steps?: Step[] }>();
      return (found?.steps ?? []).toReversed();
    },
    async queued(limit) {
      const found = model
        .find({ 'decision.rule': QUEUED, status: ENVIRONMENT_STATUS.pending }, VISIBLE)
        .sort({ _id: 1 })
        .limit(limitOf({ limit }))
        .hint('limit_queued');
      return (await found.lean<VisibleEnvironment[]>()).map(toEnvironment);
    },
    change: (seen, write) => change(model, { seen, ...write }),
    async recordActivity(id, at) {
      await collection.updateOne({ _id: text(id, 'the id') }, { $max: { activeAt: at } }, REPEATABLE);
    },
    async namesArtifact({ projectId, root }) {
      const living = trusted({ $elemMatch: { artifactRoot: text(root, 'the root'), doomed: false } });
      const named = model.exists({ projectId: text(projectId, 'the project'), resources: living });
      return (await named.hint('project_artifact')) !== null;
    },
    async withAbandoned(limit) {
      const found = model
        .find({ 'resources.cleanup.abandonedAt': trusted({ $gt: new Date(0) }) }, VISIBLE)
        .limit(limitOf({ limit }))
        .hint('abandoned')
        .lean<VisibleEnvironment[]>();
      return (await found).map(toEnvironment);
    },
    async deleteOfProject(projectId) {
      const { deletedCount } = await model.deleteMany({ projectId: text(projectId, 'the project') });
      return deletedCount;
    },
  };
}

const READ = { ...TIMED, projection: VISIBLE } as const;

const NO_WRITE: EnvironmentWrite = { patch: {}, due: [] };

async function ensure(
  collection: mongo.Collection<EnvironmentDocument>,
  draft: StoredEnvironment,
  write: EnvironmentWrite,
): Promise<StoredEnvironment> {
  const identity = {
    projectId: text(draft.projectId, 'the project'),
    repoId: whole(draft.repoId, 'the repository'),
    name: text(draft.name, 'the name'),
  };
  // Insert first: most callers create a new environment.
  const document = documentOf(draft, write);
  const options = write.repeatable === true ? REPEATABLE : {};
  const insert = collection.insertOne(document, options);
  if (await insertedOrThere(insert)) return toEnvironment(visibleOf(document));
  const stored = await collection.findOne<VisibleEnvironment>(identity, READ);
  if (stored) return toEnvironment(stored);
  throw new VitrineError(
    'conflict',
    `The host name ${draft.slug} belongs to another environment: rename the project or the environment.`,
  );
}

type Change = { readonly seen: StoredEnvironment } & EnvironmentWrite;

async function change(
  model: Model<EnvironmentDocument>,
  { seen, patch, due, repeatable, step }: Change,
): Promise<StoredEnvironment | null> {
  const { id, status, generation, version } = seen;
  const wanted = Object.fromEntries(due.map((projection) => [`due.${projection}.wanted`, 1]));
  const now = Object.fromEntries(due.map((projection) => [`due.${projection}.at`, true as const]));
  const tries = Object.fromEntries(due.map((projection) => [`due.${projection}.attempts`, 0]));
  const announced = isAnnounced(seen, patch) ? { announcedAt: true as const } : {};
  const written = await driverOf(model).findOneAndUpdate(
    {
      _id: text(id, 'the id'),
      status: oneOf(status, STATUSES),
      generation: whole(generation, 'the generation'),
      version: whole(version, 'the version'),
    },
    {
      $set: { ...onlyFields(patch, model), ...tries },
      $inc: { version: 1, ...wanted },
      $currentDate: { updatedAt: true, ...now, ...announced },
      ...(step ? { $push: { steps: appended(stepOf(seen, { patch, step, at: new Date() })) } } : {}),
    } as mongo.UpdateFilter<EnvironmentDocument>,
    { ...READ, returnDocument: 'after', ...(repeatable === true ? REPEATABLE : {}) },
  );
  return orNull(written);
}

/** Only the newest steps stay. */
function appended(step: Step): object {
  return { $each: [step], $slice: -STEPS_KEPT };
}

const STATUSES = Object.values(ENVIRONMENT_STATUS);

const KEYS: readonly (keyof EnvironmentFilter)[] = [
  'projectId',
  'projectIds',
  'repoId',
  'repository',
  'pullRequest',
  'status',
  'activeOnly',
  'author',
  'search',
];

/** Newest first. One index serves filter and order: each status is a sorted run of it, and the runs are merged. */
async function listEnvironments(
  model: Model<EnvironmentDocument>,
  { filter, page }: { filter: EnvironmentFilter; page: PageRequest },
): Promise<Page<StoredEnvironment>> {
  onlyKeys(filter, KEYS);
  const limit = limitOf(page);
  const after = cursorOf(page, /^[0-9A-Za-z_-]{1,64}$/);
  const statuses = statusesOf(filter);
  const parts = await Promise.all(
    partsOf(filter, statuses.length).map((part) =>
      model
        .find(
          {
            ...scopeOf(part),
            status: trusted({ $in: statuses }),
            ...(after && { _id: trusted({ $lt: after[0] }) }),
          },
          VISIBLE,
        )
        .sort({ _id: -1 })
        .limit(limit + 1)
        .hint(indexFor(part))
        .lean<VisibleEnvironment[]>(),
    ),
  );
  const found = parts.length === 1 ? (parts[0] ?? []) : parts.flat().sort((a, b) => (a._id < b._id ? 1 : -1));
  return pageOf(found.map(toEnvironment), { limit, cursor: ({ id }) => id });
}

/** MongoDB merges at most 200 runs of an index; beyond that it would sort in memory: `internalQueryMaxScansToExplode`. */
const MOST_RUNS = 200;

/** One query for each so many projects that the caller may see. A project or a repository narrows the list enough. */
function partsOf(filter: EnvironmentFilter, statuses: number): readonly EnvironmentFilter[] {
  const { projectIds = [] } = filter;
  if (indexFor(filter) !== 'project_status_id' || filter.projectId !== undefined) return [filter];
  const size = Math.max(1, Math.floor(MOST_RUNS / Math.max(1, statuses)));
  const count = Math.ceil(projectIds.length / size);
  return Array.from({ length: count }, (_, index) => ({
    ...filter,
    projectIds: projectIds.slice(index * size, (index + 1) * size),
  }));
}

/** Read from the documents that an index has found already. */
function searchOf({ author, search }: EnvironmentFilter): object {
  const anyOf = (search === undefined ? [] : SEARCHED).map((field) => ({
    [field]: containing(search ?? ''),
  }));
  return {
    ...(author !== undefined && {
      'pullRequest.author.login': trusted({ $regex: `^${literal(author)}$`, $options: 'i' }),
    }),
    ...(search !== undefined && {
      $or: [...anyOf, { 'head.sha': trusted({ $regex: `^${literal(search.toLowerCase())}` }) }],
    }),
  };
}

const SEARCHED = ['slug', 'project', 'repository', 'pullRequest.title', 'pullRequest.head.ref'] as const;

const literal = (part: string) => text(part, 'the search').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const containing = (part: string) => trusted({ $regex: literal(part), $options: 'i' });

function scopeOf(filter: EnvironmentFilter): object {
  const { projectId, projectIds, repoId, repository, pullRequest } = filter;
  const visible = projectIds?.map((id) => text(id, 'the project'));
  const within = projectId === undefined ? visible : visible?.filter((id) => id === projectId);
  return {
    ...(projectId !== undefined && { projectId: text(projectId, 'the project') }),
    ...(within && { projectId: trusted({ $in: within }) }),
    ...(repoId !== undefined && { repoId: whole(repoId, 'the repository') }),
    ...(repository !== undefined && { repository: text(repository, 'the repository') }),
    ...(pullRequest !== undefined && { 'pullRequest.number': whole(pullRequest, 'the pull request') }),
    ...searchOf(filter),
  };
}

function statusesOf({ status, activeOnly }: EnvironmentFilter): EnvironmentStatus[] {
  const wanted = status === undefined ? STATUSES : [oneOf(status, STATUSES)];
  return activeOnly ? wanted.filter((each) => isActive({ status: each })) : wanted;
}

/** Named, because the planner may otherwise guess from a few documents and sort in memory. */
function indexFor({ projectId, projectIds, repoId, repository, pullRequest }: EnvironmentFilter): string {
  if (repoId !== undefined && pullRequest !== undefined) return 'pull_request';
  if (projectId !== undefined) return 'project_status_id';
  if (repoId !== undefined) return 'repo_status_id';
  if (repository !== undefined) return 'repository_status_id';
  return projectIds ? 'project_status_id' : 'status_id';
}
