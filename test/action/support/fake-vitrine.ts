import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { decodePlan } from '../../../src/uploads/plan.js';
import {
  startRecordingServer,
  type Answering,
  type Recorded,
  type RecordingServer,
  type Reply,
} from './recording-server.js';

export const SHA = '1234567890abcdef1234567890abcdef12345678';
export const DEPLOYMENT_ID = 'd'.repeat(24);
export const ENVIRONMENT_ID = 'e'.repeat(24);

/** What a test changes about the server; a name is `start`, `progress`, `logs`, `plan`, `pack`, `program`, `oidc` or `page`. */
export type Fault = (call: {
  readonly name: string;
  readonly count: number;
  readonly request: Recorded;
}) => Reply | 'reset' | undefined;

export interface FakeVitrine extends RecordingServer {
  /** The bodies of the calls of one name, parsed when they are JSON. */
  bodies(name: string): unknown[];
  calls(name: string): Recorded[];
}

export interface FakeOptions {
  readonly fault?: Fault;
  readonly plan?: Readonly<Record<string, unknown>>;
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly deployment?: Readonly<Record<string, unknown>>;
  /** What the server has to say about an upload. */
  readonly notes?: readonly string[];
}

/** Plays the OIDC issuer, Vitrine's API and the previews it serves. */
export async function startFakeVitrine({ fault, ...options }: FakeOptions = {}): Promise<FakeVitrine> {
  const counts = new Map<string, number>();
  let port = 0;
  let uploaded = false;
  const answer: Answering = (request) => {
    const name = nameOf(request);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    const faulty = fault?.({ name, count, request });
    if (faulty !== undefined) return faulty;
    if (name === 'pack') uploaded = true;
    return normal({ name, count, request, port, uploaded, options });
  };
  const server = await startRecordingServer(answer);
  port = server.port;
  const calls = (name: string): Recorded[] => server.requests.filter((request) => nameOf(request) === name);
  return {
    ...server,
    calls,
    bodies: (name) => calls(name).map(({ body }) => JSON.parse(body.toString()) as unknown),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export function nameOf({ method, path, host }: Recorded): string {
  if (host.includes('.localhost')) return 'page';
  if (path.startsWith('/oidc')) return 'oidc';
  if (method === 'PATCH') return 'progress';
  if (path.endsWith('/logs')) return 'logs';
  if (path.endsWith('/manifest')) return 'plan';
  if (path.endsWith('/blobs')) return 'pack';
  if (path.endsWith('/program')) return 'program';
  return 'start';
}

interface Call {
  readonly name: string;
  readonly count: number;
  readonly request: Recorded;
  readonly port: number;
  /** Only an upload has an address of its own: before it the server names none. */
  readonly uploaded: boolean;
  readonly options: Omit<FakeOptions, 'fault'>;
}

function normal(call: Call): Reply {
  const { name, count, request, options } = call;
  if (name === 'oidc') return { status: 200, json: { value: `oidc-${String(count)}` } };
  if (name === 'start') return { status: 201, json: started(call) };
  if (name === 'progress') return { status: 200, json: progressed(call) };
  if (name === 'plan') return { status: 200, json: planned(request.body) };
  if (name === 'pack') return { status: 200, json: packed(call) };
  if (name === 'program') return { status: 200, json: startedProgram(call) };
  if (name === 'page') return { status: 200, text: '<h1>Hello</h1>' };
  if (name === 'logs') return { status: 202, json: { stored: true } };
  return { status: 204, ...(options ? {} : {}) };
}

function started(call: Call) {
  return {
    proceed: true,
    token: `vtr_run-${String(call.count)}`,
    tokenExpiresAt: '2030-01-01T00:15:00.000Z',
    deployment: deployment(call, DEPLOYMENT_STATUS.running),
    environment: environment(call, ENVIRONMENT_STATUS.provisioning),
    plan: {
      target: 'static',
      install: null,
      build: null,
      output: null,
      workingDirectory: '.',
      healthPath: '/',
      variables: { PREVIEW: 'true', PREVIEW_BRANCH: 'feature' },
      ...call.options.plan,
    },
  };
}

function progressed(call: Call) {
  const { outcome } = JSON.parse(call.request.body.toString()) as {
    outcome?: { status: string; error: string | null };
  };
  const status = outcome?.status ?? DEPLOYMENT_STATUS.running;
  const live = status === DEPLOYMENT_STATUS.success;
  return {
    deployment: { ...deployment(call, status), error: outcome?.error ?? null },
    environment: environment(call, live ? ENVIRONMENT_STATUS.ready : ENVIRONMENT_STATUS.provisioning),
    live,
  };
}

function planned(body: Buffer) {
  const { root, keys } = decodePlan(body);
  const all = [[0, keys.length]];
  const answer = { root, known: false, base: null, kept: [], entries: all, blobs: all };
  return { ...answer, complete: false, notes: [], commitUrl: null };
}

function packed(call: Call) {
  return { complete: true, notes: call.options.notes ?? [], commitUrl: commitUrl(call) };
}

function startedProgram(call: Call) {
  const lines = [`Starting (${String(call.count)})`];
  return { started: true, problem: null, commitUrl: commitUrl(call), lines, seen: call.count };
}

function commitUrl({ port }: Pick<Call, 'port'>): string {
  return `http://1234567-pr-7-hello.localhost:${String(port)}`;
}

function deployment(call: Call, status: string) {
  return {
    id: DEPLOYMENT_ID,
    environmentId: ENVIRONMENT_ID,
    status,
    generation: 3,
    sha: SHA,
    url: null,
    commitUrl: call.uploaded ? commitUrl(call) : null,
    logsUrl: null,
    target: 'static',
    branch: 'feature',
    commitMessage: null,
    author: 'octocat',
    creator: 'webhook',
    stages: [],
    error: null,
    logTail: [],
    run: { id: '42', attempt: 1, job: 'preview' },
    createdAt: '2030-01-01T00:00:00.000Z',
    startedAt: null,
    completedAt: null,
    durationSeconds: null,
    ...call.options.deployment,
  };
}

function environment({ port, options }: Call, status: string) {
  return {
    id: ENVIRONMENT_ID,
    name: 'pr-7',
    namespace: 'pr-7-hello',
    project: 'hello',
    repository: 'acme/hello',
    status,
    generation: 3,
    url: `http://pr-7-hello.localhost:${String(port)}`,
    live: false,
    commit: SHA,
    currentCommit: null,
    pullRequest: null,
    decision: null,
    error: null,
    expiresAt: '2030-01-08T00:00:00.000Z',
    createdAt: '2030-01-01T00:00:00.000Z',
    updatedAt: '2030-01-01T00:00:00.000Z',
    deployedAt: null,
    destroyedAt: null,
    ...options.environment,
  };
}
