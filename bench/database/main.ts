import { z } from 'zod';
import { findDatabase } from '../../embedded-mongodb/find.js';
import { isVitrineError } from '../../src/shared/errors.js';
import { answerParent } from '../harness/answer-parent.js';

const dataDir = z.string().parse(process.argv[2]);
const options = {
  uri: undefined,
  dataDir,
  env: { ...process.env },
  log: (line: string) => void process.stderr.write(`${line}\n`),
};

/** The product's own way to a database; a download only where this machine has no engine. */
const database = await findDatabase({ ...options, allowDownload: false }).catch((error: unknown) => {
  if (isVitrineError(error) && error.code === 'unavailable') return findDatabase(options);
  throw error;
});
answerParent({ ready: { uri: database.uri, way: database.way }, end: database.stop });
