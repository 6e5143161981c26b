import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { LRUCache } from 'lru-cache';
import { hashOf, isDigest } from '../../src/images/name.js';
import { findBlob } from '../../src/images/push.js';
import { RegistryError } from '../../src/images/registry-error.js';
import type { ImagePorts, OwnBlob } from '../../src/images/store.js';
import { MIB } from '../../src/uploads/limits.js';
import type { ByteRange } from '../../src/uploads/store.js';
import { waitForClient } from '../http/connections.js';
import type { Entry } from './access.js';
import { answer, REGISTRY_HEADERS } from './answer.js';
import { type OwnBlobs, refuseMethod, type RegistryPorts, type Visit } from './visit.js';

/** HEAD, GET and DELETE of a blob. */
export async function answerBlob(
  ports: RegistryPorts,
  visit: Visit,
  { repository, mayPush, digest }: Entry & { digest: string },
): Promise<void> {
  const { request, response } = visit;
  refuseMethod(visit, ['GET', 'HEAD', 'DELETE']);
  if (!isDigest(digest)) throw new RegistryError('DIGEST_INVALID', 'A digest is sha256: and 64 hex digits.');
  if (request.method === 'DELETE') {
    const gone = await ports.images.removeBlob(repository.name, digest);
    ports.ownBlobs.forget(repository.name);
    if (!gone) throw unknownBlob(digest);
    return answer(response, { status: 202 });
  }
  // Before a push the client asks for each layer: what the project has already need not be sent.
  const mount = mayPush && request.method === 'HEAD';
  const own = mount ? await ports.ownBlobs.of(repository.name) : null;
  const size = await findBlob(ports, { repository, digest, mount, own });
  if (size === null) throw unknownBlob(digest);
  await sendBlob(ports, response, { digest, size, type: 'application/octet-stream' });
}

const MOST_BLOBS = 500;
/** A manifest is checked against what is there when it arrives, so no image can lack what went meanwhile. */
const KNOWN_MS = 1_000;

/** A client asks for each layer, one after the other: they are read together. */
export function createOwnBlobs({ images }: ImagePorts): OwnBlobs {
  const known = new LRUCache<string, Promise<ReadonlyMap<string, OwnBlob> | null>>({
    max: 1_000,
    ttl: KNOWN_MS,
  });
  return {
    of(repository) {
      const before = known.get(repository);
      if (before) return before;
      const reading = images.allBlobsOf(repository, MOST_BLOBS);
      known.set(repository, reading);
      reading.catch(() => known.delete(repository));
      return reading;
    },
    forget: (repository) => void known.delete(repository),
  };
}

function unknownBlob(digest: string): RegistryError {
  return new RegistryError('BLOB_UNKNOWN', `This repository has no blob ${digest}.`);
}

interface Sent {
  readonly digest: string;
  readonly size: number;
  readonly type: string;
}

/** Whole, or the part that the client asks for, as fast as it reads. */
export async function sendBlob(
  { blobs }: Pick<RegistryPorts, 'blobs'>,
  response: ServerResponse,
  { digest, size, type }: Sent,
): Promise<void> {
  const { method, headers: asked } = response.req;
  const headers = {
    ...{ 'content-type': type, 'docker-content-digest': digest, etag: `"${digest}"` },
    'accept-ranges': 'bytes',
  };
  if (asked['if-none-match'] === headers.etag) return answer(response, { status: 304, headers });
  if (method === 'HEAD')
    return answer(response, { status: 200, headers: { ...headers, 'content-length': size } });
  const range = rangeOf(asked.range, size);
  const part = range ?? { start: 0, end: size - 1 };
  response.writeHead(range ? 206 : 200, {
    ...REGISTRY_HEADERS,
    ...headers,
    ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${size}` }),
    'content-length': part.end - part.start + 1,
  });
  if (size === 0) return void response.end();
  // Clients unpack layers while they arrive: one that is busy takes no byte for a while, and could not go on from there.
  waitForClient(response);
  // The client may leave at any time: that is no error.
  await pipeline(blobs.read(hashOf(digest), { ...part, pieceBytes: MIB }), response).catch(() =>
    response.destroy(),
  );
}

/** One range. Several at once may be answered whole: https://www.rfc-editor.org/rfc/rfc9110#name-range */
function rangeOf(header: string | undefined, size: number): ByteRange | null {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return null;
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === '' || to === '' ? size - 1 : Math.min(size - 1, Number(to));
  if (start <= end && start < size) return { start, end };
  throw new RegistryError('RANGE_INVALID', `The blob has ${size} bytes.`, {
    'content-range': `bytes */${size}`,
  });
}
