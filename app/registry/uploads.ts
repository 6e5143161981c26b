import { hashOf, isDigest } from '../../src/images/name.js';
import { findBlob, MOST_BYTES, requireRoom } from '../../src/images/push.js';
import { RegistryError } from '../../src/images/registry-error.js';
import type { ImageRepository, UploadSession } from '../../src/images/store.js';
import { isVitrineError } from '../../src/shared/errors.js';
import { MIB } from '../../src/uploads/limits.js';
import { streamBody } from '../http/body.js';
import type { Entry } from './access.js';
import { answer } from './answer.js';
import { rangeHeader } from './sessions.js';
import { refuseMethod, type RegistryPorts, type Visit } from './visit.js';

const LARGEST_BLOB = 10 * 1024 ** 3;
/** A runner may pause while it packs a layer. */
const IDLE_MS = 60_000;

/** `POST /v2/<name>/blobs/uploads/`: mounts a blob of the project, takes a whole blob, or begins a session. */
export async function beginUpload(ports: RegistryPorts, visit: Visit, { repository }: Entry): Promise<void> {
  refuseMethod(visit, ['POST']);
  const mounted = visit.query.get('mount');
  if (mounted !== null && isDigest(mounted)) {
    const size = await findBlob(ports, { repository, digest: mounted, mount: true });
    if (size !== null) return answerCreated(visit, repository, mounted);
  }
  const announced = Number(visit.request.headers['content-length'] ?? 0);
  const open = ports.imageUploads.openBytes(repository.environmentId);
  await requireRoom(
    ports,
    repository,
    open.then((bytes) => bytes + announced),
  );
  const session = await ports.imageUploads.begin(repository);
  const digest = visit.query.get('digest');
  if (digest === null) return answerSession(visit, session, { status: 202, offset: 0 });
  await take(ports, visit, { session, offset: 0 });
  await complete(ports, visit, { session, digest });
}

/** GET, PATCH, PUT and DELETE of a session. */
export async function answerUpload(
  ports: RegistryPorts,
  visit: Visit,
  { repository, id }: Entry & { id: string },
): Promise<void> {
  refuseMethod(visit, ['GET', 'PATCH', 'PUT', 'DELETE']);
  const { imageUploads: sessions } = ports;
  const session: UploadSession = { id, repository };
  const offset = /^[0-9a-f]{32}$/.test(id) ? await sessions.offset(session) : null;
  if (offset === null)
    throw new RegistryError(
      'BLOB_UPLOAD_UNKNOWN',
      'There is no such upload, or an hour went by: begin again.',
    );
  switch (visit.request.method) {
    case 'GET':
      return answerSession(visit, session, { status: 204, offset });
    case 'DELETE':
      await sessions.end(session);
      return answer(visit.response, { status: 204 });
    case 'PATCH': {
      const end = await take(ports, visit, { session, offset });
      return answerSession(visit, session, { status: 202, offset: end });
    }
    default: {
      const digest = visit.query.get('digest') ?? '';
      await take(ports, visit, { session, offset });
      return complete(ports, visit, { session, digest });
    }
  }
}

interface Taken {
  readonly session: UploadSession;
  /** How much of it is there. */
  readonly offset: number;
}

/** Adds what arrives to the session. A push that is too large can never be completed: it is dropped, so that it takes no room. */
async function take(ports: RegistryPorts, visit: Visit, { session, offset }: Taken): Promise<number> {
  const rules = { maxBytes: LARGEST_BLOB - offset, idleMs: IDLE_MS };
  const content = whileThereIsRoom(ports, session, streamBody(visit.request, rules));
  try {
    return await ports.imageUploads.append(session, { content, from: startOf(visit) });
  } catch (error) {
    if (isRefusal(error)) await ports.imageUploads.end(session);
    throw error;
  }
}

/** Often enough that a hundred endless pushes at once stay near the limit, and seldom enough to cost nothing. */
const LOOK_EVERY = 16 * MIB;

/** Throws when the environment would hold too much with all that is being pushed into it. */
async function* whileThereIsRoom(
  ports: RegistryPorts,
  { repository }: UploadSession,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let unseen = 0;
  for await (const chunk of content) {
    unseen += chunk.length;
    if (unseen >= LOOK_EVERY) {
      await requireRoom(ports, repository, ports.imageUploads.openBytes(repository.environmentId));
      unseen = 0;
    }
    yield chunk;
  }
}

function isRefusal(error: unknown): boolean {
  if (error instanceof RegistryError) return error.code === 'DENIED';
  return isVitrineError(error) && (error.code === 'too_large' || error.code === 'disk_full');
}

/** Where the sender believes the end to be; null when it does not say. */
function startOf({ request }: Visit): number | null {
  const header = request.headers['content-range'];
  if (header === undefined) return null;
  const start = /^(?:bytes )?(\d{1,15})-\d{1,15}/.exec(header)?.[1];
  if (start === undefined) throw new RegistryError('RANGE_INVALID', 'Content-Range must be <start>-<end>.');
  return Number(start);
}

interface Completed {
  readonly session: UploadSession;
  readonly digest: string;
}

/** Nothing shows before its digest was checked; what does not have it is dropped. */
async function complete(ports: RegistryPorts, visit: Visit, { session, digest }: Completed): Promise<void> {
  const { repository } = session;
  try {
    if (!isDigest(digest))
      throw new RegistryError('DIGEST_INVALID', 'A digest is sha256: and 64 hex digits.');
    const reading = ports.imageUploads.whole(session);
    const room = requireRoom(
      ports,
      repository,
      reading.then((whole) => whole.size),
    );
    // What arrived is judged first.
    room.catch(() => undefined);
    const { hash, size, path } = await reading;
    if (hash !== hashOf(digest))
      throw new RegistryError('DIGEST_INVALID', `What arrived has the digest sha256:${hash}, not ${digest}.`);
    if (size > Math.min(LARGEST_BLOB, MOST_BYTES))
      throw new RegistryError('SIZE_INVALID', `A blob may have ${LARGEST_BLOB} bytes.`);
    await room;
    await ports.blobs.adopt({ hash, size, path });
    await ports.images.addBlobs(repository, [{ digest, size }]);
    ports.ownBlobs.forget(repository.name);
  } finally {
    await ports.imageUploads.end(session);
  }
  answerCreated(visit, repository, digest);
}

function answerCreated(visit: Visit, { name }: ImageRepository, digest: string): void {
  const location = `/v2/${name}/blobs/${digest}`;
  answer(visit.response, { status: 201, headers: { location, 'docker-content-digest': digest } });
}

function answerSession(
  visit: Visit,
  { id, repository }: UploadSession,
  { status, offset }: { status: number; offset: number },
): void {
  const location = `/v2/${repository.name}/blobs/uploads/${id}`;
  const headers = { location, ...rangeHeader(offset), 'docker-upload-uuid': id };
  answer(visit.response, { status, headers });
}
