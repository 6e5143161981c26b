import { hash } from 'node:crypto';
import { messageOf, VitrineError } from '../../../src/shared/errors.js';
import { isLoopback } from '../../http/connection.js';
import type { HttpAnswer } from '../../http/exchange.js';
import { parseJson, textAt } from '../../http/json.js';
import { Retriable } from '../../http/retriable.js';
import { retrying } from '../../http/retry.js';
import type { Login } from '../../inputs/values.js';
import type { Job } from '../job.js';

/** An image of another registry, by its digest: a tag can be moved between the build and the start. */
export interface RegistryImage {
  readonly reference: string;
  readonly auth?: { readonly username: string; readonly password: string };
}

interface Named {
  /** As Docker writes it. */
  readonly host: string;
  readonly repository: string;
  /** A tag or a digest. */
  readonly version: string;
}

const HUB = 'docker.io';

/** https://pkg.go.dev/github.com/distribution/reference */
export function parseReference(name: string): Named {
  const [, path = '', tag, digest] =
    /^([^@]+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(name) ?? [];
  const [first = '', ...rest] = path.split('/');
  const hosted = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const host = hosted ? first : HUB;
  const inside = hosted ? rest.join('/') : path;
  if (!/^[a-z0-9]+(?:[._/-]+[a-z0-9]+)*$/.test(inside))
    throw new VitrineError('bad_request', `${JSON.stringify(name)} is not the name of an image.`);
  const repository = host === HUB && !inside.includes('/') ? `library/${inside}` : inside;
  return { host, repository, version: digest ?? tag ?? 'latest' };
}

/** Asks the registry which digest the image has, unless its name says it. */
export async function resolveImage(job: Job, name: string): Promise<RegistryImage> {
  const named = parseReference(name);
  const login = loginFor(job.inputs.registryAuth, named.host);
  const digest = named.version.startsWith('sha256:')
    ? named.version
    : await retrying(
        { ...job.world, print: job.log },
        {
          what: `Asking ${named.host} for ${name}`,
          budgetMs: job.inputs.waitTimeoutMs,
          signal: job.signal,
          attempt: () => askDigest(job, { named, login }),
        },
      );
  const { host, repository } = named;
  const auth = login && { username: login.username, password: login.password };
  return { reference: `${host}/${repository}@${digest}`, ...(auth && { auth }) };
}

/** The line of this registry, else the one that names none. */
export function loginFor(logins: readonly Login[], host: string): Login | null {
  return logins.find((one) => one.host === host) ?? logins.find((one) => one.host === null) ?? null;
}

interface Question {
  readonly named: Named;
  readonly login: Login | null;
}

const TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** https://distribution.github.io/distribution/spec/auth/token/ */
async function askDigest(job: Job, { named, login }: Question): Promise<string> {
  const { host, repository, version } = named;
  const at = host === HUB ? 'registry-1.docker.io' : host;
  const scheme = isLoopback(new URL(`http://${at}`).hostname) ? 'http' : 'https';
  const url = `${scheme}://${at}/v2/${repository}/manifests/${version}`;
  let shown: string | null = null;
  // Registries count what is read with GET as a pull.
  const ask = (method: 'HEAD' | 'GET') =>
    send(job, { method, url, headers: { accept: TYPES, ...(shown && { authorization: shown }) } });
  let answer = await ask('HEAD');
  if (answer.status === 401) {
    shown = await authorize(job, { challenge: answer.headers['www-authenticate'] ?? '', login });
    if (shown !== null) answer = await ask('HEAD');
  }
  if (answer.status !== 200) throw refused({ named, login, status: answer.status });
  return toldDigest(answer) ?? `sha256:${hash('sha256', (await ask('GET')).body, 'hex')}`;
}

function toldDigest({ headers }: HttpAnswer): string | null {
  const told = headers['docker-content-digest'];
  return typeof told === 'string' && /^sha256:[0-9a-f]{64}$/.test(told) ? told : null;
}

/** What the registry wants to see; null when the workflow has nothing to show. */
async function authorize(
  job: Job,
  { challenge, login }: { readonly challenge: string; readonly login: Login | null },
): Promise<string | null> {
  const basic = login && `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  if (!/^bearer /i.test(challenge)) return basic;
  const parts = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
  );
  const realm = URL.canParse(parts['realm'] ?? '') ? new URL(parts['realm'] ?? '') : null;
  if (realm === null || (realm.protocol !== 'https:' && !isLoopback(realm.hostname))) return null;
  for (const name of ['service', 'scope']) if (parts[name]) realm.searchParams.set(name, parts[name]);
  const answer = await send(job, {
    method: 'GET',
    url: realm.href,
    headers: basic ? { authorization: basic } : {},
  });
  const said = parseJson(answer.body);
  const token = textAt(said, 'token') ?? textAt(said, 'access_token');
  return token === null ? null : `Bearer ${token}`;
}

const IDLE_MS = 30_000;
const MANIFEST_BYTES = 4 * 1024 * 1024;

interface Request {
  readonly method: 'HEAD' | 'GET';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

async function send({ world, signal }: Job, { method, url, headers }: Request): Promise<HttpAnswer> {
  const all = { 'user-agent': 'vitrine-action', ...headers };
  const request = { method, url, headers: all, bodyLimit: MANIFEST_BYTES, idleMs: IDLE_MS, signal };
  const answer = await world.http.exchange(request).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new Retriable(`no answer (${messageOf(cause)}).`, { waitMs: null, cause });
  });
  if (answer.status >= 500 || answer.status === 429)
    throw new Retriable(`the registry answers HTTP ${String(answer.status)}.`, { waitMs: null });
  return answer;
}

function refused({ named, login, status }: Question & { readonly status: number }): VitrineError {
  const { host, repository, version } = named;
  const image = `${host}/${repository}:${version}`;
  if (status !== 401 && status !== 403)
    return new VitrineError(
      'unprocessable',
      `There is no image ${image} (HTTP ${String(status)}), neither in the engine of this runner nor in its registry: build or push it in an earlier step, or correct the input "image".`,
    );
  const remedy = login
    ? 'the user of the input "registry-auth" may not read it.'
    : 'if it is private, set the input "registry-auth" to user:password.';
  return new VitrineError('unprocessable', `The registry does not show ${image}: ${remedy}`);
}
