import type { Connection } from 'mongoose';
import type { JobRun, JobRunStore } from '../../../src/shared/instance.js';
import { MAX_TIME_MS, text } from './query.js';
import { collectionOf } from './schema.js';
import { REPEATABLE } from './write.js';

interface JobRunDocument extends Omit<JobRun, 'name'> {
  readonly _id: string;
}

const OPTIONS = { maxTimeMS: MAX_TIME_MS } as const;

/** There are about twenty jobs. */
const MOST = 200;

/** The last run of each job that is repeated. */
export function jobRunStore(connection: Connection): JobRunStore {
  const collection = collectionOf<JobRunDocument>(connection, 'jobRuns');
  return {
    async note({ name, ...run }) {
      // The next run says the same again.
      await collection.updateOne(
        { _id: text(name, 'the job') },
        { $set: run },
        { ...OPTIONS, ...REPEATABLE, upsert: true },
      );
    },
    async list() {
      const found = await collection.find({}, OPTIONS).sort({ _id: 1 }).hint('_id_').limit(MOST).toArray();
      return found.map(({ _id: name, ...run }) => ({ name, ...run }));
    },
  };
}
