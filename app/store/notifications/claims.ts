import type { Connection } from 'mongoose';
import type {
  NotificationClaim,
  NotificationStore,
  Outcome,
} from '../../../src/notifications/notification.js';
import { NOTIFICATION_STATUS } from '../../../src/shared/status/words.js';
import { MAX_TIME_MS, oneOf, text, whole } from '../shared/query.js';
import { REPEATABLE } from '../shared/write.js';
import { type NotificationDocument, notificationModel, toNotification } from './document.js';

type Claims = Pick<NotificationStore, 'claim' | 'claimOne' | 'begin' | 'finish'>;

const EPOCH = new Date(0);
const DURABLE = { maxTimeMS: MAX_TIME_MS };
/** A lease that a crash of the database loses is taken again, with another fence. */
const OPTIONS = { ...DURABLE, ...REPEATABLE };
/** The database's clock, because the clocks of several machines differ. */
const NOW = '$$NOW';

interface By {
  readonly owner: string;
  readonly leaseMs: number;
}

/** Leases: who sends which notification until when. */
export function notificationClaims(connection: Connection): Claims {
  const { collection } = notificationModel(connection);
  const take = async (filter: object, by: By, hint: object): Promise<NotificationClaim | null> => {
    const found = await collection.findOneAndUpdate(filter, leaseUpdate(by), {
      ...OPTIONS,
      ...hint,
      returnDocument: 'after',
    });
    return found && asClaim(found as unknown as NotificationDocument, by.owner);
  };
  return {
    async claim(by, most) {
      const claims: NotificationClaim[] = [];
      while (claims.length < most) {
        const claim = await take(DUE, by, { sort: { nextAt: 1 }, hint: 'due' });
        if (!claim) break;
        claims.push(claim);
      }
      return claims;
    },
    claimOne: (id, by) => take({ _id: text(id, 'the id'), $expr: { $lte: ['$lease.until', NOW] } }, by, {}),
    async begin(claim) {
      const update = [{ $set: { begunAt: NOW, attempts: { $add: ['$attempts', 1] } } }];
      return (await collection.updateOne(stillHeld(claim), update, DURABLE)).matchedCount === 1;
    },
    async finish(claim, outcome) {
      const update = [{ $set: finished(outcome) }];
      return (await collection.updateOne(stillHeld(claim), update, DURABLE)).matchedCount === 1;
    },
  };
}

/** The comparison with a date keeps out those that are over (null), and lets the partial index serve. */
const DUE = {
  nextAt: { $gt: EPOCH },
  $expr: { $and: [{ $lte: ['$nextAt', NOW] }, { $lte: ['$lease.until', NOW] }] },
};

function later(ms: number): object {
  return { $add: [NOW, whole(ms, 'the time')] };
}

function leaseUpdate({ owner, leaseMs }: By): object[] {
  const fence = { $add: ['$lease.fence', 1] };
  return [
    { $set: { lease: { owner: { $literal: text(owner, 'the owner') }, until: later(leaseMs), fence } } },
  ];
}

function asClaim({ lease, begunAt, ...visible }: NotificationDocument, owner: string): NotificationClaim {
  return { notification: toNotification(visible), owner, fence: lease.fence, interrupted: begunAt !== null };
}

/** Another worker's claim has a higher fence; one that was ended has no owner. */
function stillHeld({ notification, owner, fence }: NotificationClaim): object {
  return {
    _id: text(notification.id, 'the id'),
    'lease.owner': text(owner, 'the owner'),
    'lease.fence': whole(fence, 'the fence'),
  };
}

function finished({ status, answer, error, retryInMs }: Outcome): object {
  const word = oneOf(status, Object.values(NOTIFICATION_STATUS));
  return {
    status: word,
    answer: { $literal: answer },
    error: { $literal: error },
    nextAt: retryInMs === null ? null : later(retryInMs),
    sentAt: word === NOTIFICATION_STATUS.sent ? NOW : '$sentAt',
    begunAt: null,
    lease: { owner: null, until: EPOCH, fence: '$lease.fence' },
  };
}
