/** npm `emulate`: the GitHub behind ours. It keeps Apps, tokens, users, repositories, git objects, issues and comments. */
import { createEmulator } from 'emulate';
import { complete } from './complete.js';
import { toJson, type Json } from './documents.js';
import type { Permissions, ResolvedOptions } from './options.js';

export interface EmulateCall {
  readonly method: string;
  readonly path: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface EmulateReply {
  readonly status: number;
  readonly text: string;
  readonly link: string | undefined;
}

export interface Emulate {
  send(call: EmulateCall): Promise<EmulateReply>;
  /** Acts as a user, outside the recorded API; throws unless it worked. */
  as(login: string, call: EmulateCall): Promise<unknown>;
  close(): Promise<void>;
}

export interface InstalledApp {
  readonly id: number;
  readonly slug: string;
  readonly name: string;
  readonly permissions: Permissions;
  readonly privateKey: string;
  readonly installations: Readonly<Record<string, number>>;
}

interface EmulateSetup {
  readonly options: ResolvedOptions;
  readonly apps: readonly InstalledApp[];
  /** The address clients use: emulate writes its own into every link. */
  readonly publicUrl: string;
}

// emulate allows 5,000 calls an hour and token. A user acts with many, so that a long benchmark is not the one that is limited.
const TOKENS_PER_USER = 20;

export async function startEmulate({ options, apps, publicUrl }: EmulateSetup): Promise<Emulate> {
  const emulator = await createEmulator({ service: 'github', port: 0, seed: seedOf(options, apps) });
  const address = emulator.url.replace('localhost', '127.0.0.1');
  let calls = 0;
  const send = async (call: EmulateCall): Promise<EmulateReply> => {
    const response = await fetch(address + call.path, requestOf(call));
    const text = (await response.text()).replaceAll(emulator.url, publicUrl);
    const link = response.headers.get('link')?.replaceAll(address, publicUrl);
    return { status: response.status, text, link };
  };
  return {
    send,
    async as(login, call) {
      calls += 1;
      const reply = await send({ ...call, token: userToken(login, calls % TOKENS_PER_USER) });
      if (reply.status < 400)
        return reply.text === '' ? undefined : complete(JSON.parse(reply.text), publicUrl);
      throw new Error(
        `emulate refused ${call.method} ${call.path} of ${login}: ${reply.status} ${reply.text}`,
      );
    },
    close: () => emulator.close(),
  };
}

export function userToken(login: string, number = 0): string {
  return `ghp_${login}_${number}`;
}

function requestOf({ method, token, headers = {}, body }: EmulateCall): RequestInit {
  const given = {
    ...headers,
    // A connection that was idle may be closed by emulate at the moment of its next use.
    connection: 'close',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const json = { 'content-type': 'application/json' };
  if (body === undefined) return { method, headers: given };
  return { method, headers: { ...given, ...json }, body: JSON.stringify(body) };
}

function seedOf(options: ResolvedOptions, apps: readonly InstalledApp[]): { tokens: Tokens; github: Json } {
  const [admin] = options.users;
  return {
    tokens: tokensOf(options.users),
    github: {
      users: options.users.map((login) => ({ login, email: `${login}@example.com` })),
      orgs: organisations(options).map((login) => ({ login, members: [{ login: admin, role: 'admin' }] })),
      apps: apps.map((app) => ({
        ...toJson({ slug: app.slug, name: app.name, permissions: app.permissions }),
        app_id: app.id,
        private_key: app.privateKey,
        installations: Object.entries(app.installations).map(([account, id]) => ({
          installation_id: id,
          account,
        })),
      })),
    },
  };
}

export function ownersOf({ repositories }: ResolvedOptions): string[] {
  return [...new Set(repositories.map((repository) => repository.fullName.split('/')[0] ?? ''))];
}

function organisations(options: ResolvedOptions): string[] {
  return ownersOf(options).filter((owner) => !options.users.includes(owner));
}

type Tokens = Record<string, { login: string }>;

function tokensOf(users: readonly string[]): Tokens {
  const numbers = Array.from({ length: TOKENS_PER_USER }, (_, index) => index);
  return Object.fromEntries(
    users.flatMap((login) => numbers.map((number) => [userToken(login, number), { login }])),
  );
}
