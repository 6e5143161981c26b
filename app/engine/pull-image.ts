import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { type ErrorCode, isVitrineError, VitrineError } from '../../src/shared/errors.js';
import type { EngineAuth, ImagePull } from '../../src/targets/docker/engine.js';
import { bytesOf, type EngineConnection } from './connection.js';

/** Whether the engine may be sent to a registry, such as `ghcr.io` or `10.0.0.5:5000`. Rejects when its name leads nowhere. */
export type MayPullFrom = (registry: string, signal: AbortSignal) => Promise<boolean>;

interface PullParts {
  readonly connection: EngineConnection;
  readonly mayPullFrom: MayPullFrom;
}

/** Has the engine fetch an image, and tells how far it is. */
export async function pullImage({ connection, mayPullFrom }: PullParts, pull: ImagePull): Promise<void> {
  const { reference, auth, signal, onProgress } = pull;
  await refuseRegistry(mayPullFrom, pull);
  const { name, version } = partsOf(reference);
  const response = await connection
    .send({
      method: 'POST',
      path: '/images/create',
      query: { fromImage: name, ...(version !== null && { tag: version }) },
      headers: auth ? { 'x-registry-auth': encodeLogin(auth, name) } : {},
      patienceMs: FIRST_ANSWER_MS,
      signal,
    })
    .catch((error: unknown) => {
      if (!isVitrineError(error) || error.code === 'unavailable') throw error;
      throw meaningOf(error.message, { reference, code: error.code });
    });
  await followPull(response, { reference, onProgress, signal });
}

async function refuseRegistry(
  mayPullFrom: MayPullFrom,
  { reference, signal }: Pick<ImagePull, 'reference' | 'signal'>,
): Promise<void> {
  const registry = registryOf(reference);
  if (registry === null) return;
  const isAllowed = await mayPullFrom(registry, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new VitrineError(
      'unavailable',
      `The image ${reference} could not be pulled: its registry ${registry} was not found. Check the name.`,
      { cause: error },
    );
  });
  if (isAllowed) return;
  throw new VitrineError(
    'unprocessable',
    `The image ${reference} is not pulled: ${registry} is at an address of a private network, which this server asks only where its operator allows it (ALLOW_PRIVATE_ADDRESSES). Name an image of another registry.`,
  );
}

const DOCKER_HUB = /^(?:index\.)?docker\.io$/;

/** The registry that a reference names; null for Docker Hub. The engine takes the first part for a host when it looks like one. */
export function registryOf(reference: string): string | null {
  const [first = '', ...rest] = reference.split('/');
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  return rest.length === 0 || !isHost || DOCKER_HUB.test(first) ? null : first;
}

/** A registry that does not answer is waited for before the first line. */
const FIRST_ANSWER_MS = 180_000;

/** Without a version, the engine would fetch every tag. */
export function partsOf(reference: string): { readonly name: string; readonly version: string | null } {
  const [name = '', digest] = reference.split('@', 2);
  const tag = /:([\w][\w.-]{0,127})$/.exec(name)?.[1];
  const plain = tag === undefined ? name : name.slice(0, -tag.length - 1);
  if (digest !== undefined) return { name: plain, version: digest };
  return { name: plain, version: tag ?? 'latest' };
}

/** As the header that the engine reads. */
export function encodeLogin({ username, password, token }: EngineAuth, name: string): string {
  const serveraddress = name.split('/', 1)[0] ?? '';
  const auth = { username, password, serveraddress, ...(token !== undefined && { registrytoken: token }) };
  // The engine takes a login without padding for none: https://www.rfc-editor.org/rfc/rfc4648#section-5
  return Buffer.from(JSON.stringify(auth)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

const Progress = z.object({
  id: z.string().optional(),
  status: z.string().optional(),
  error: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).nullish(),
});

/** More lines than this say nothing more. */
const EVERY_MS = 5_000;
const MEBIBYTE = 1024 ** 2;

async function followPull(
  response: IncomingMessage,
  { reference, onProgress, signal }: Pick<ImagePull, 'reference' | 'onProgress' | 'signal'>,
): Promise<void> {
  const layers = new Map<string, { current: number; total: number }>();
  let toldAt = performance.now();
  for await (const line of linesOf(bytesOf(response, signal))) {
    const { id, status, error, progressDetail } = Progress.parse(JSON.parse(line));
    if (error !== undefined) throw meaningOf(error, { reference });
    if (id !== undefined && status === 'Downloading')
      layers.set(id, { current: progressDetail?.current ?? 0, total: progressDetail?.total ?? 0 });
    if (layers.size === 0 || performance.now() - toldAt < EVERY_MS) continue;
    toldAt = performance.now();
    onProgress(`Pulling the image: ${amountOf(layers.values())}`);
  }
}

async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      const line = rest.toString('utf8', 0, end).trim();
      rest = rest.subarray(end + 1);
      if (line !== '') yield line;
    }
  }
}

function amountOf(layers: Iterable<{ current: number; total: number }>): string {
  let [current, total] = [0, 0];
  for (const layer of layers) {
    current += layer.current;
    total += layer.total;
  }
  return `${Math.round(current / MEBIBYTE)} of ${Math.round(total / MEBIBYTE)} MiB`;
}

interface Meaning {
  readonly when: RegExp;
  readonly code: 'unprocessable' | 'unavailable' | 'disk_full';
  readonly says: string;
}

const MEANINGS: readonly Meaning[] = [
  {
    when: /no space left on device/i,
    code: 'disk_full',
    says: 'the disk of the engine is full: the operator must make room.',
  },
  {
    when: /no matching manifest|does not match the specified platform|not match.*platform/i,
    code: 'unprocessable',
    says: 'it was not built for the machine of this server: build it for that platform, such as with "--platform linux/amd64".',
  },
  {
    when: /unauthorized|authentication required|denied|forbidden|no basic auth/i,
    code: 'unprocessable',
    says: 'its registry refused the login, or the image is private: give "registry-auth".',
  },
  {
    when: /manifest unknown|not found|repository does not exist|invalid reference/i,
    code: 'unprocessable',
    says: 'its registry does not have it: check the name and the digest.',
  },
  {
    when: /connection refused|no such host|unreachable|lookup|timeout|deadline exceeded|server gave HTTP response|tls:|x509|EOF|reset by peer/i,
    code: 'unavailable',
    says: 'the engine cannot reach its registry. For images that were pushed to this server, the operator must set REGISTRY_HOST.',
  },
];

const MOST = 300;

function meaningOf(
  reason: string,
  { reference, code = 'bad_gateway' }: { readonly reference: string; readonly code?: ErrorCode },
): VitrineError {
  const known = MEANINGS.find(({ when }) => when.test(reason));
  const told = reason.replace(/\s+/g, ' ').slice(0, MOST);
  const why = known ? `${known.says} (${told})` : told;
  return new VitrineError(known?.code ?? code, `The image ${reference} could not be pulled: ${why}`);
}
