import { VitrineError } from '../../src/shared/errors.js';
import type { Clock } from '../../src/shared/tools.js';
import { parseHeaderRules } from '../../src/sites/headers.js';
import { parseRedirectRules } from '../../src/sites/redirects.js';
import { unnamedBlobs } from '../../src/uploads/forget.js';
import type { ArtifactLimits } from '../../src/uploads/limits.js';
import { decodePlan } from '../../src/uploads/plan.js';
import type {
  ArtifactId,
  BlobStore,
  OtherBlobPorts,
  StoredArtifact,
  Uploads,
  UploadState,
} from '../../src/uploads/store.js';
import { answerPlan, type UploadPorts } from './pending-upload.js';
import { receivePack } from './receive-pack.js';

interface UploadsPorts extends UploadPorts, OtherBlobPorts {
  readonly clock: Clock;
}

/** Both turns of an upload as the core knows them: whichever step brings the last missing file completes it. */
export function createUploads(ports: UploadsPorts): Uploads {
  return {
    async plan({ projectId, limits }, body) {
      const plan = decodePlan(Buffer.from(body.buffer, body.byteOffset, body.byteLength), limits);
      const answer = await answerPlan(ports, { projectId, plan });
      const whole = answer.known && answer.blobs.length === 0;
      const state = whole
        ? await stateOf(ports, { projectId, root: plan.root, limits })
        : underWay(plan.root);
      return { answer: { ...answer, complete: state.completeRoot !== null }, ...state };
    },
    pack: ({ projectId, limits, root }, body) =>
      takePack(ports, { upload: { projectId, limits, root }, body }),
  };
}

interface Pack {
  readonly upload: { readonly projectId: string; readonly limits: ArtifactLimits; readonly root: string };
  readonly body: AsyncIterable<Uint8Array>;
}

/** An upload may be forgotten while its files still come in: then they go as well. */
async function takePack(ports: UploadsPorts, { upload, body }: Pack): Promise<UploadState> {
  const { projectId, limits } = upload;
  const written = new Set<string>();
  const blobs: BlobStore = {
    ...ports.blobs,
    async write(blob) {
      await ports.blobs.write(blob);
      written.add(blob.hash);
    },
  };
  let root: string | undefined;
  try {
    ({ root } = await receivePack({ ...ports, blobs }, { upload, body }));
    return await stateOf(ports, { projectId, root, limits });
  } finally {
    const unusedSince = ports.clock.now();
    const kept = root !== undefined && (await ports.artifacts.exists({ projectId, root }));
    if (!kept) await ports.blobs.delete(await unnamedBlobs(ports, [...written]), { unusedSince });
  }
}

function underWay(root: string): UploadState {
  return { root, completeRoot: null, notes: [] };
}

/** Only of a page there is something to say. */
async function stateOf(
  ports: UploadPorts,
  { limits, ...id }: ArtifactId & { readonly limits: ArtifactLimits },
): Promise<UploadState> {
  const completed = await completeIfWhole(ports, id);
  return completed === null
    ? underWay(id.root)
    : {
        root: id.root,
        completeRoot: completed.root,
        notes: limits.ofProgram === true ? [] : completed.notes,
      };
}

interface CompletedUpload {
  readonly root: string;
  readonly files: number;
  readonly bytes: number;
  /** What a person should know about their upload, one sentence each. */
  readonly notes: readonly string[];
}

/** A file of wrong lines has no more to say after so many. */
const MOST_NOTES = 100;

/** Configuration beyond this size is not read: it would cost every first visitor. */
const RULES_BYTES = 256 * 1024;

/** Declares the upload whole. Until then nothing serves it; doing it twice is fine. */
export async function completeUpload(ports: UploadPorts, id: ArtifactId): Promise<CompletedUpload> {
  const completed = await completeIfWhole(ports, id);
  if (completed !== null) return completed;
  throw new VitrineError('conflict', 'Files of the upload are missing: ask which, and send them.');
}

/** The same, but null while files are missing. */
async function completeIfWhole(ports: UploadPorts, id: ArtifactId): Promise<CompletedUpload | null> {
  const artifact = await ports.artifacts.findByRoot(id);
  if (artifact === null) throw unknown();
  if (!artifact.complete && (artifact.owed ?? []).length > 0) return null;
  const present = await ports.blobs.has(artifact.files);
  if (!artifact.files.every((file) => present.has(file.hash))) return null;
  if (!(await ports.artifacts.complete(id))) throw unknown();
  return {
    root: id.root,
    files: artifact.files.length,
    bytes: artifact.files.reduce((sum, file) => sum + file.size, 0),
    notes: await notesOn(artifact, ports.blobs),
  };
}

function unknown(): VitrineError {
  return new VitrineError('not_found', 'This upload is unknown: start it again.');
}

async function notesOn(artifact: StoredArtifact, blobs: BlobStore): Promise<string[]> {
  const headers = await readRules(artifact, { name: '_headers', blobs });
  const redirects = await readRules(artifact, { name: '_redirects', blobs });
  const notes = [...parseHeaderRules(headers ?? '').notes, ...parseRedirectRules(redirects ?? '').notes];
  if (headers === null) notes.push(tooLong('_headers'));
  if (redirects === null) notes.push(tooLong('_redirects'));
  if (!artifact.files.some((file) => file.path === 'index.html')) {
    notes.push('The upload has no index.html at its top: the address of the preview shows an empty page.');
  }
  const more = notes.length - MOST_NOTES;
  return more > 0 ? [...notes.slice(0, MOST_NOTES), `And ${more} more like these.`] : notes;
}

/** Text of a configuration file, empty when there is none, null when it is too long to be one. */
export async function readRules(
  artifact: Pick<StoredArtifact, 'files'>,
  { name, blobs }: { readonly name: string; readonly blobs: BlobStore },
): Promise<string | null> {
  const file = artifact.files.find(({ path }) => path === name);
  if (file === undefined) return '';
  return file.size > RULES_BYTES ? null : (await blobs.readAll(file.hash)).toString('utf8');
}

function tooLong(name: string): string {
  return `${name} was ignored: it has more than ${RULES_BYTES} bytes.`;
}
