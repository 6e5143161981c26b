import { type Connection, type Model, Schema } from 'mongoose';
import type { IdempotencyStore, KeyedRequest, KeyState, KeyTimes } from '../../../src/people/idempotency.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { MAX_TIME_MS, text } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { insertedOrThere, newId, retryOnce } from '../shared/write.js';

/** The unique `_id` decides which of several processes carries a request out. */
export function idempotencyStore(connection: Connection): IdempotencyStore {
  const model = idempotencyModel(connection);
  return {
    begin: (keyed, times) => {
      const owner = newId();
      return retryOnce(() => begin(model, { ...primitive(keyed), times, owner }));
    },
    async answer(id, { owner, answer }) {
      const set = { $set: { answer: Buffer.from(answer) } };
      await retryOnce(() => model.collection.updateOne(mine(id, owner) as never, set));
    },
    async release(id, owner) {
      await retryOnce(() => model.collection.deleteOne(mine(id, owner) as never));
    },
    async deleteExpired(before) {
      const over = { expiresAt: { $lt: before } };
      const { deletedCount } = await model.collection.deleteMany(over, {
        hint: 'expiry',
        maxTimeMS: MAX_TIME_MS,
      });
      return deletedCount;
    },
  };
}

function mine(id: string, owner: string) {
  return { _id: text(id, 'the id'), owner: text(owner, 'the owner') };
}

function primitive({ id, request }: KeyedRequest): KeyedRequest {
  return { id: text(id, 'the id'), request: text(request, 'the request') };
}

interface Beginning extends KeyedRequest {
  readonly times: KeyTimes;
  readonly owner: string;
}

/** Each turn after the first means that another process changed the key meanwhile. */
const TURNS = 5;

async function begin(model: Keys, beginning: Beginning): Promise<KeyState> {
  const { id, request, times, owner } = beginning;
  const fresh = { request, owner, busyUntil: times.busyUntil, answer: null, expiresAt: times.expiresAt };
  for (let turn = 0; turn < TURNS; turn += 1) {
    const insert = model.collection.insertOne({ _id: id, ...fresh } as never);
    if (await insertedOrThere(insert)) return { kind: 'begun', owner };
    const found = await model.findOne({ _id: id }).lean<IdempotencyDocument>();
    const known = found && stateOf(found, beginning);
    if (known) return known;
    if (!found) continue;
    // Not if its owner answers at this moment after all.
    const seen = { _id: id, owner: found.owner, ...(found.answer === null && { answer: null }) };
    const taken = await model.collection.updateOne(seen as never, { $set: fresh });
    if (taken.modifiedCount === 1) return { kind: 'begun', owner };
  }
  throw new VitrineError('unavailable', 'This idempotency key is used by too many requests: try again.');
}

/** Null when the key may be taken over: it is too old, or the process that had it died. */
function stateOf(found: IdempotencyDocument, { request, times, owner }: Beginning): KeyState | null {
  // The insert was sent twice, because its answer was lost.
  if (found.owner === owner) return { kind: 'begun', owner };
  if (found.expiresAt <= times.now) return null;
  if (found.request !== request) return { kind: 'other-request' };
  if (found.answer) return { kind: 'answered', answer: bytesOf(found.answer) };
  return found.busyUntil > times.now ? { kind: 'busy' } : null;
}

/** A lean document holds the driver's own class. */
function bytesOf(answer: Buffer | { readonly buffer: Uint8Array }): Uint8Array {
  return Buffer.isBuffer(answer) ? answer : Buffer.from(answer.buffer);
}

interface IdempotencyDocument {
  readonly _id: string;
  readonly request: string;
  readonly owner: string;
  readonly busyUntil: Date;
  /** Sealed with what only the client has; null until there is one. */
  readonly answer: Buffer | null;
  readonly expiresAt: Date;
}

type Keys = Model<IdempotencyDocument>;

export const IDEMPOTENCY_KEYS = 'idempotencyKeys';

const idempotencySchema = strictSchema<IdempotencyDocument>({
  _id: String,
  request: String,
  owner: String,
  busyUntil: Date,
  answer: Schema.Types.Buffer,
  expiresAt: Date,
});

function idempotencyModel(connection: Connection): Keys {
  return connection.model<IdempotencyDocument>(IDEMPOTENCY_KEYS, idempotencySchema, IDEMPOTENCY_KEYS);
}
