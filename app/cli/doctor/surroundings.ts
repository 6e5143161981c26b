import { randomBytes } from 'node:crypto';
import { lookup, Resolver } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { errorCode } from '../../../src/shared/errors.js';
import { type Env, isLoopback } from '../../config/config.js';
import { type FoundServer, findServer } from './ask.js';
import { type FoundFacts, findEngineFacts } from './engine-facts.js';
import { readSettings, type Settings } from './read-settings.js';

export interface SurroundingsOptions {
  readonly env: Env;
  readonly envFile: string;
  readonly uid: number | undefined;
  /** Asked instead of the DNS servers of the system, as `127.0.0.1:5353`. */
  readonly dnsServers?: readonly string[];
  /** Certificates that are trusted besides those of Node. */
  readonly ca?: string;
  readonly now?: () => Date;
}

/** What the checks look at. What several of them need is looked for once. */
export interface Surroundings extends Settings {
  readonly envFile: string;
  readonly publicUrl: URL;
  /** A host of a preview that does not exist. */
  readonly previewHost: string;
  readonly ca: string | undefined;
  readonly now: () => Date;
  /** Addresses of a name, sorted; none when it has none. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** The same, for connections. */
  readonly lookup: LookupFunction;
  /** What answers at HOST and PORT. */
  readonly server: () => Promise<FoundServer>;
  readonly engine: () => Promise<FoundFacts>;
  /** Ends the check that was given it. */
  readonly signal: AbortSignal;
}

export async function lookAround(options: SurroundingsOptions): Promise<Omit<Surroundings, 'signal'>> {
  return surroundingsOf(await readSettings(options), options);
}

export function surroundingsOf(
  settings: Settings,
  options: Pick<SurroundingsOptions, 'envFile' | 'dnsServers' | 'ca' | 'now'>,
): Omit<Surroundings, 'signal'> {
  const { config } = settings;
  const resolve = createResolve(options.dnsServers);
  return {
    ...settings,
    envFile: options.envFile,
    publicUrl: new URL(config.publicUrl ?? `http://localhost:${config.port}`),
    previewHost: `doctor-${randomBytes(4).toString('hex')}.${config.previewDomain}`,
    ca: options.ca,
    now: options.now ?? (() => new Date()),
    resolve,
    lookup: lookupBy(resolve),
    server: once(() => findServer(config)),
    engine: once(() => findEngineFacts(config.containers)),
  };
}

function once<Value>(find: () => Promise<Value>): () => Promise<Value> {
  let found: Promise<Value> | undefined;
  return () => (found ??= find());
}

const NO_ADDRESS = ['ENOTFOUND', 'ENODATA'];

/**
 * Asks the DNS, as visitors do. A name that only this machine knows, from /etc/hosts, is found too. Every name below localhost is this
 * machine: https://www.rfc-editor.org/rfc/rfc6761#section-6.3
 */
function createResolve(servers: readonly string[] | undefined): Surroundings['resolve'] {
  const resolver = new Resolver({ timeout: 2_000, tries: 2 });
  if (servers) resolver.setServers(servers);
  const ask = (question: Promise<string[]>) =>
    question.catch((error: unknown) => {
      if (NO_ADDRESS.includes(errorCode(error) ?? '')) return [];
      throw error;
    });
  return async (host) => {
    if (isIP(host) !== 0) return [host];
    if (isLoopback(host) || host.endsWith('.localhost')) return ['127.0.0.1'];
    const [v4, v6] = await Promise.all([ask(resolver.resolve4(host)), ask(resolver.resolve6(host))]);
    if (v4.length + v6.length > 0 || servers) return [...v4, ...v6].sort();
    const local = await lookup(host, { all: true }).catch(() => []);
    return local.map(({ address }) => address).sort();
  };
}

function lookupBy(resolve: Surroundings['resolve']): LookupFunction {
  return (host, options, done) => {
    const answer = (addresses: readonly string[]) => {
      const all = addresses.map((address) => ({ address, family: isIP(address) }));
      const [first] = all;
      if (!first) done(Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' }), '');
      else if (options.all) done(null, all);
      else done(null, first.address, first.family);
    };
    resolve(host).then(answer, (error: unknown) => done(error as NodeJS.ErrnoException, ''));
  };
}
