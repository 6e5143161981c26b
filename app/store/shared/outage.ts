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
/** No pooled connection became free in time. The driver does not export this class. */
const WAIT_QUEUE_TIMEOUT = 'MongoWaitQueueTimeoutError';
const MAX_TIME_EXPIRED = 50;
/** MongoDB builds no index with less than 500 MB of free disk space. */
const OUT_OF_DISK_SPACE = 14_031;

/** The database cannot be reached, changes its primary, or takes too long. */
function isOutage(error: unknown): boolean {
  if (OUTAGES.some((outage) => error instanceof outage)) return true;
  if (error instanceof mongo.MongoDriverError && error.name === WAIT_QUEUE_TIMEOUT) return true;
  if (!(error instanceof mongo.MongoServerError)) return false;
  return error.code === MAX_TIME_EXPIRED || error.hasErrorLabel('RetryableWriteError');
}

/** The error for callers: without addresses or queries, and with a code that says whether a retry can help. */
export function asVitrineError(error: unknown): unknown {
  if (isOutage(error)) {
    const message = 'The database does not answer: try again, and look at its log when this lasts.';
    return new VitrineError('unavailable', message, { cause: error });
  }
  if (error instanceof mongo.MongoServerError && error.code === OUT_OF_DISK_SPACE) {
    const message =
      'There is too little free disk space for the database: MongoDB needs 500 MB to build its indexes. Free some on the disk of DATA_DIR, or of the server that MONGODB_URI names, and start again.';
    return new VitrineError('disk_full', message, { cause: error });
  }
  const refused = refusedByValidator(error);
  if (refused !== undefined) {
    const message = `The database refused a document${refused}: this is a fault of the program, or of what else writes to its database.`;
    return new VitrineError('internal', message, { cause: error });
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

const VALIDATION_FAILED = 121;

interface Violation {
  readonly operatorName?: string;
  readonly missingProperties?: readonly string[];
  readonly propertiesNotSatisfied?: readonly { readonly propertyName: string }[];
}

/** The fields that a collection's validator refused, without values; undefined for other errors. */
function refusedByValidator(error: unknown): string | undefined {
  if (!(error instanceof mongo.MongoServerError)) return undefined;
  const inBatch = error instanceof mongo.MongoBulkWriteError ? [error.writeErrors].flat() : [];
  const failure = [...inBatch, error].find(({ code }) => code === VALIDATION_FAILED);
  if (!failure) return undefined;
  const info = failure.errInfo as
    { details?: { schemaRulesNotSatisfied?: readonly Violation[] } } | undefined;
  const violations = info?.details?.schemaRulesNotSatisfied ?? [];
  const missing = violations.flatMap(({ missingProperties = [] }) => missingProperties);
  const wrong = violations.flatMap(({ propertiesNotSatisfied = [] }) =>
    propertiesNotSatisfied.map(({ propertyName }) => propertyName),
  );
  return [
    ...missing.map((name) => ` without "${name}"`),
    ...wrong.map((name) => ` with a wrong "${name}"`),
  ].join(' and');
}

/** Wraps a store so that driver errors become VitrineErrors. */
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
