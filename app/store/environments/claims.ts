import type { Connection } from 'mongoose';
import { PROJECTIONS, type Projection } from '../../../src/environments/model.js';
import type { Claim, EnvironmentStore } from '../../../src/environments/store.js';
import { MAX_TIME_MS, oneOf, text, whole } from '../shared/query.js';
import { REPEATABLE } from '../shared/write.js';
import { type EnvironmentDocument, environmentModel, toEnvironment, visibleOf } from './document.js';

type Claims = Pick<EnvironmentStore, 'markDue' | 'dueSince' | 'claim' | 'renew' | 'saveReported' | 'release'>;

const EPOCH = new Date(0);
const DURABLE = { maxTimeMS: MAX_TIME_MS };
/** A lease that a crash of the database loses is taken again. Its fence differs then, so the worker that holds the lost one can store nothing. */
const OPTIONS = { ...DURABLE, ...REPEATABLE };
/** The database's clock, because the clocks of several machines differ. */
const NOW = '$$NOW';

/** Leases: who works on which projection until when. Pipeline updates, because only they know the database's time. */
export function environmentClaims(connection: Connection): Claims {
  const { collection } = environmentModel(connection);
  const claimed = async (claim: Claim, update: object[], options: object = OPTIONS): Promise<boolean> => {
    const { matchedCount } = await collection.updateOne(stillHeld(claim), update, options);
    return matchedCount === 1;
  };
  return {
    async markDue(id, projection) {
      const at = `due.${oneOf(projection, PROJECTIONS)}`;
      await collection.updateOne(
        { _id: text(id, 'the id') as never },
        {
          $inc: { [`${at}.wanted`]: 1 },
          $set: { [`${at}.attempts`]: 0 },
          $currentDate: { [`${at}.at`]: true },
        },
        DURABLE,
      );
    },
    async dueSince(projection) {
      const at = `due.${oneOf(projection, PROJECTIONS)}.at`;
      const found = await collection.findOne(
        { [at]: { $gt: EPOCH }, $expr: { $lte: [`$${at}`, NOW] } },
        { maxTimeMS: MAX_TIME_MS, sort: { [at]: 1 }, hint: { [at]: 1 }, projection: { due: 1 } },
      );
      return found ? (found as unknown as EnvironmentDocument).due[projection].at : null;
    },
    async claim(projection, by) {
      const name = oneOf(projection, PROJECTIONS);
      const found = await collection.findOneAndUpdate(claimable(name), leaseUpdate(name, by), {
        ...OPTIONS,
        sort: { [`due.${name}.at`]: 1 },
        hint: { [`due.${name}.at`]: 1 },
        projection: { steps: 0 },
        returnDocument: 'after',
      });
      return found && asClaim(found as unknown as EnvironmentDocument, { projection: name, owner: by.owner });
    },
    renew: async (claim, leaseMs) =>
      claimed(claim, [{ $set: { [`lease.${claim.projection}.until`]: later(leaseMs) } }]),
    async saveReported(claim, reported, { durable = false, ends = false } = {}) {
      const set = { reported: { $literal: reported }, ...(ends ? released(claim, {}) : {}) };
      return claimed(claim, [{ $set: set }], durable ? DURABLE : OPTIONS);
    },
    async release(claim, outcome) {
      await claimed(claim, [{ $set: released(claim, outcome) }]);
    },
  };
}

function later(ms: number): object {
  return { $add: [NOW, whole(ms, 'the time')] };
}

/** The comparison with a date keeps out those that are not due (null), and lets the partial index serve. */
function claimable(projection: Projection): object {
  const due = `due.${projection}.at`;
  return {
    [due]: { $gt: EPOCH },
    $expr: { $and: [{ $lte: [`$${due}`, NOW] }, { $lte: [`$lease.${projection}.until`, NOW] }] },
  };
}

function leaseUpdate(
  projection: Projection,
  { owner, leaseMs }: { owner: string; leaseMs: number },
): object[] {
  const fence = { $add: [`$lease.${projection}.fence`, 1] };
  const lease = { owner: { $literal: text(owner, 'the owner') }, until: later(leaseMs), fence };
  return [{ $set: { [`lease.${projection}`]: lease } }];
}

function asClaim(document: EnvironmentDocument, by: Pick<Claim, 'projection' | 'owner'>): Claim {
  const { lease } = document;
  const environment = toEnvironment(visibleOf(document));
  const { projection } = by;
  return { environment, ...by, fence: lease[projection].fence, wanted: environment.due[projection].wanted };
}

/** Another worker's claim has a higher fence; a released claim has no owner. */
function stillHeld({ environment, projection, owner, fence }: Claim): object {
  const lease = `lease.${oneOf(projection, PROJECTIONS)}`;
  return {
    _id: text(environment.id, 'the id'),
    [`${lease}.owner`]: text(owner, 'the owner'),
    [`${lease}.fence`]: whole(fence, 'the fence'),
  };
}

/** When the document changed during the claim, its new due time and attempts are kept. */
function released(claim: Claim, { retryInMs, error }: { retryInMs?: number; error?: string }): object {
  const due = `due.${claim.projection}`;
  const lease = `lease.${claim.projection}`;
  const unless = (after: unknown, before: string) => ({
    $cond: [{ $eq: [`$${due}.wanted`, whole(claim.wanted, 'the count')] }, after, `$${before}`],
  });
  const failed = error !== undefined || retryInMs !== undefined;
  return {
    [`${due}.at`]: unless(retryInMs === undefined ? null : later(retryInMs), `${due}.at`),
    [`${due}.attempts`]: unless(failed ? { $add: [`$${due}.attempts`, 1] } : 0, `${due}.attempts`),
    [`${due}.error`]: { $literal: error ?? null },
    [`${lease}.owner`]: null,
    [`${lease}.until`]: EPOCH,
  };
}
