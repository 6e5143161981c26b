import type { Client } from '../../contract/client.js';
import { type UploadAnswer, uploadPack, uploadPlan } from '../../contract/uploads.js';
import { isVitrineError, VitrineError } from '../../shared/errors.js';
import { showBytes } from '../../shared/text.js';
import { indicesOf } from '../plan.js';
import { type Artifact, readFrom } from './directory.js';
import { packsFor, planUpload, type PlannedUpload } from './packs.js';

type Log = (text: string, level?: 'warning') => void;

interface DeployInput {
  readonly client: Client;
  readonly id: string;
  readonly artifact: Artifact;
  readonly log: Log;
}

/** The usual round, one more in case the server lost something, and one that sends every name. */
const BASES = ['any', 'any', 'none'] as const;

/** Sends the files that the server lacks, and returns the commit URL. After an interruption the next round sends only the rest. */
export async function deploy(input: DeployInput): Promise<string> {
  for (const base of BASES) {
    const planned = planUpload(input.artifact.files, { base, ofProgram: input.artifact.ofProgram === true });
    const answer = await uploadOnce(input, planned);
    if (answer?.complete) return commitUrlOf(input, answer);
  }
  throw new VitrineError(
    'bad_gateway',
    'The server still misses files after three rounds: run the job again.',
  );
}

function commitUrlOf({ log }: DeployInput, { notes, commitUrl }: UploadAnswer): string {
  for (const note of notes) log(note, 'warning');
  if (commitUrl !== null) return commitUrl;
  throw new VitrineError(
    'bad_gateway',
    'The server sent no URL for this commit, so the Action cannot check the page: update the server.',
  );
}

/** Returns the last answer; null when the server could not use the upload. */
async function uploadOnce(
  { client, id, artifact, log }: DeployInput,
  planned: PlannedUpload,
): Promise<UploadAnswer | null> {
  const answer = await client(uploadPlan, { params: { id }, body: planned.body });
  const missing = (indicesOf(answer.blobs, planned.files.length) ?? []).map((index) => planned.files[index]);
  const bytes = missing.reduce((sum, file) => sum + (file?.size ?? 0), 0);
  const size = missing.length === 0 ? '' : `, ${showBytes(bytes)} before compression`;
  log(`The server lacks ${String(missing.length)} of ${String(planned.files.length)} files${size}.`);
  let last: UploadAnswer = answer;
  let sent = 0;
  try {
    for await (const pack of packsFor({ planned, answer, read: readFrom(artifact.directory) })) {
      last = await client(uploadPack, { params: { id }, body: pack });
      sent += pack.length;
      log(`Sent ${showBytes(sent)}.`);
    }
  } catch (error) {
    if (!isVitrineError(error) || error.code !== 'unprocessable') throw error;
    log(`The server refused a part of the upload: ${error.message}`, 'warning');
    return null;
  }
  return last;
}
