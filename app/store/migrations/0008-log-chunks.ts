import type { mongo } from 'mongoose';
import { LOG_SOURCES, type LogLine, LOG_LEVELS, typeOfStage } from '../../../src/shared/log-lines.js';
import { linesOf } from '../../../src/shared/text.js';
import {
  chunkAfter,
  type ChunkDocument,
  contentOf,
  EMPTY_LOG,
  type Tail,
  tailOf,
  toChunk,
} from '../logs/chunk.js';
import { initialIndexes } from './0001-initial-indexes.js';
import { typedEndings } from './0002-typed-endings.js';
import { dropIndexes, makeIndexes } from './indexes.js';
import type { IndexDefinition, Migration } from './migration.js';
import { rulesFor, setValidators, validator, type ValidatorDefinition } from './validators.js';

const LOGS = 'logs';

const CREATED: IndexDefinition = { collection: LOGS, name: 'created', key: { createdAt: 1 } };

const OTHERS = ['runtimeLogs', 'logWords', 'healthChecks'] as const;

const onDeployments: readonly IndexDefinition[] = [
  { collection: 'deployments', name: 'project_message', key: { projectId: 1, commitMessage: 'text' } },
  {
    collection: 'deployments',
    name: 'deleted_with_logs',
    key: { logsRemovedAt: 1, deletedAt: 1 },
    partial: { deletedAt: { $gt: new Date(0) } },
  },
];

const onOthers: readonly IndexDefinition[] = [
  {
    collection: 'runtimeLogs',
    name: 'deployment_seq',
    key: { deploymentId: 1, seq: 1 },
    unique: true,
  },
  { collection: 'runtimeLogs', name: 'created', key: { createdAt: 1 } },
  { collection: 'logWords', name: 'due', key: { dueAt: 1 }, partial: { dueAt: { $gt: new Date(0) } } },
  { collection: 'logWords', name: 'project_words', key: { projectId: 1, words: 'text' } },
  { collection: 'healthChecks', name: 'deployment_id', key: { deploymentId: 1, _id: -1 } },
  { collection: 'healthChecks', name: 'checked', key: { checkedAt: 1 } },
];

const chunk = (collection: string) =>
  validator(collection, {
    deploymentId: 'string',
    seq: 'number',
    count: 'number',
    source: { enum: [...LOG_SOURCES, null] },
    batches: 'object',
    total: 'number',
    since: 'date',
    times: 'binData',
    runs: 'array',
    text: 'string',
    createdAt: 'date',
  });

const chunkOfLogs = chunk(LOGS);

const others: readonly ValidatorDefinition[] = [
  chunk('runtimeLogs'),
  validator('logWords', {
    projectId: 'string',
    words: 'string',
    upTo: 'number',
    version: 'number',
    updatedAt: 'date',
  }),
  validator('healthChecks', {
    deploymentId: 'string',
    environmentId: 'string',
    url: 'string',
    live: 'bool',
    checkedAt: 'date',
  }),
];

/** Until 0.2 a chunk was numbered by the run that sent it, and its lines were an array. */
interface OldChunk {
  readonly _id: string;
  readonly deploymentId: string;
  readonly type: LogLine['type'];
  readonly seq: number;
  readonly lines: readonly (Omit<LogLine, 'type'> & { readonly at: Date })[];
}

type Stored = OldChunk | ChunkDocument;

/** The collection is written anew and takes the place of the old one at once: cut off before, it is written again. */
async function up(db: mongo.Db): Promise<void> {
  await replaceLogs(db, { schema: chunkOfLogs, indexes: [...ORDER, CREATED], convert: createNumbering() });
  await setValidators(db, others);
  await makeIndexes(db, [...onDeployments, ...onOthers]);
}

/** What 0.2 does not know is forgotten: runtime logs, health checks, and the words of the search. */
async function down(db: mongo.Db): Promise<void> {
  await dropIndexes(db, onDeployments);
  await db
    .collection('deployments')
    .updateMany({ logsRemovedAt: { $exists: true } }, { $unset: { logsRemovedAt: '' } });
  for (const name of OTHERS) await db.collection(name).drop();
  const schema = typedEndings.validators?.find(({ collection }) => collection === LOGS);
  if (schema) await replaceLogs(db, { schema, indexes: ORDER, convert: toOldChunk });
}

const ORDER = initialIndexes.indexes.filter(({ collection }) => collection === LOGS);

interface Replacement {
  readonly schema: ValidatorDefinition;
  readonly indexes: readonly IndexDefinition[];
  readonly convert: (stored: Stored) => Stored | null;
}

const AT_ONCE = 100;

async function replaceLogs(db: mongo.Db, { schema, indexes, convert }: Replacement): Promise<void> {
  const name = `${LOGS}.converted`;
  const isThere = await db.listCollections({ name }).hasNext();
  if (isThere) await db.collection(name).drop();
  await db.createCollection(name, rulesFor(schema.schema));
  await makeIndexes(
    db,
    indexes.map((index) => ({ ...index, collection: name })),
  );
  let batch: Stored[] = [];
  const flush = async () => {
    if (batch.length > 0) await db.collection<Stored>(name).insertMany(batch as never);
    batch = [];
  };
  for await (const stored of db.collection<Stored>(LOGS).find().sort({ deploymentId: 1, seq: 1 })) {
    const converted = convert(stored as Stored);
    if (converted) batch.push(converted);
    if (batch.length >= AT_ONCE) await flush();
  }
  await flush();
  await db.collection(name).rename(LOGS, { dropTarget: true });
}

/** Numbers the lines of each log. It is given the chunks of a log one after the other. */
function createNumbering(): (stored: Stored) => Stored | null {
  let current = '';
  let tail: Tail = EMPTY_LOG;
  return (stored) => {
    if (stored.deploymentId !== current) tail = EMPTY_LOG;
    current = stored.deploymentId;
    if (!('lines' in stored)) {
      tail = tailOf(stored);
      return stored;
    }
    if (stored.lines.length === 0) return null;
    const batch = {
      deploymentId: current,
      writer: 'run',
      batch: stored.seq,
      lines: stored.lines.flatMap(newLines),
    };
    const createdAt = batch.lines.at(-1)?.at ?? new Date();
    const document = { ...chunkAfter(tail, contentOf(batch), batch), _id: stored._id, createdAt };
    tail = tailOf(document);
    return document;
  };
}

function newLines(line: OldChunk['lines'][number]): LogLine[] {
  const level = LOG_LEVELS.find((known) => known === line.level) ?? 'info';
  return linesOf(line.text).map((text) => ({ ...line, level, type: typeOfStage(line.stage), text }));
}

function toOldChunk(stored: Stored): Stored {
  if ('lines' in stored) return stored;
  const { deploymentId, seq, _id, batches } = stored;
  const lines = toChunk(stored).lines.map(({ type: _type, ...line }) => line);
  // 0.2 knows one writer, and recognises a batch that is sent again by its number.
  const isOfRun = Object.keys(batches).every((writer) => writer === 'run');
  return { _id, deploymentId, type: 'build', seq: isOfRun ? (batches['run'] ?? seq) : seq, lines };
}

/** Log lines get numbers of their own, and what belongs to logs gets its collections. */
export const logChunks: Migration = {
  version: 8,
  name: 'log-chunks',
  indexes: [CREATED, ...onDeployments, ...onOthers],
  validators: others,
  up,
  down,
};
