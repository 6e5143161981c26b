import { Error as MongooseErrors, mongo } from 'mongoose';
import { VitrineError } from '../../../src/shared/errors.js';

const OUTAGES = [
  mongo.MongoNetworkError,
  mongo.MongoServerSelectionError,
  mongo.MongoNotConnectedError,
  mongo.MongoTopologyClosedError,
  mongo.MongoClientClosedError,
  MongooseErrors.MongooseServerSelectionError,
];
/** All connections are in use and none comes back in time. The driver does not export its class. */
const WAITED_IN_VAIN = 'MongoWaitQueueTimeoutError';
const MAX_TIME_EXPIRED = 50;

/** The database cannot be reached, changes its primary, or takes too long. */
function isOutage(error: unknown): boolean {
  if (OUTAGES.some((outage) => error instanceof outage)) return true;
  if (error instanceof mongo.MongoDriverError && error.name === WAITED_IN_VAIN) return true;
  if (!(error instanceof mongo.MongoServerError)) return false;
  return error.code === MAX_TIME_EXPIRED || error.hasErrorLabel('RetryableWriteError');
}

/** What callers are told: nothing of addresses or queries, and whether trying again can help. */
export function asVitrineError(error: unknown): unknown {
  if (isOutage(error)) {
    const message = 'The database does not answer: try again, and look at its log when this lasts.';
    return new VitrineError('unavailable', message, { cause: error });
  }
  if (error instanceof MongooseErrors.CastError || error instanceof MongooseErrors.StrictModeError) {
    return new VitrineError(
      'bad_request',
      'The query was refused: it has a field or value that does not fit.',
      { cause: error },
    );
  }
  return error;
}

/** The same store, whose failures are ours: callers do not know the driver. */
export function translatingErrors<S extends object>(store: S): S {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => translated(Reflect.apply(member, target, args));
    },
  });
}

function translated(result: unknown): unknown {
  if (!(result instanceof Promise)) return result;
  return result.catch((error: unknown) => {
    throw asVitrineError(error);
  });
}
