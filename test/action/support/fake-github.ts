import { githubValidator, type Violation } from '../../../demo/github/openapi/validate.js';
import { refuseViolations } from '../../support/refuse-violations.js';
import { startRecordingServer, type Recorded, type RecordingServer, type Reply } from './recording-server.js';

export const ACTIONS_APP = { id: 15368, slug: 'github-actions' };
export const BOT = 'github-actions[bot]';

type Row = Record<string, unknown> & { id: number };

export interface FakeGitHub extends RecordingServer {
  readonly checks: Row[];
  readonly comments: Row[];
  readonly deployments: Row[];
  /** Newest first, by deployment. */
  readonly statuses: Map<number, Row[]>;
}

export interface FakeGitHubOptions {
  readonly checks?: readonly Row[];
  readonly comments?: readonly Row[];
  readonly fault?: (call: {
    readonly request: Recorded;
    readonly count: number;
  }) => Reply | 'reset' | undefined;
  /** What the preview itself answers, at `/site`. */
  readonly site?: () => Reply;
}

type Body = Record<string, unknown>;
type Params = readonly string[];
type Route = readonly [
  method: string,
  path: RegExp,
  answer: (input: { body: Body; params: Params; query: URLSearchParams }) => unknown,
];

/** Plays the part of GitHub's API that the Action uses, and the preview that an earlier step deployed. */
export async function startFakeGitHub({
  fault,
  site,
  ...given
}: FakeGitHubOptions = {}): Promise<FakeGitHub> {
  const state = {
    checks: [...(given.checks ?? [])],
    comments: [...(given.comments ?? [])],
    deployments: [] as Row[],
    statuses: new Map<number, Row[]>(),
  };
  const routes = routesOf(state);
  const violations: Violation[] = [];
  let count = 0;
  const server = await startRecordingServer((request) => {
    if (request.path.startsWith('/site')) return site?.() ?? { status: 200, text: 'Hello' };
    count += 1;
    const wrong = violationOf(request);
    if (wrong) violations.push(wrong);
    if (wrong) return { status: 422, json: { message: 'Invalid request', errors: wrong.errors } };
    return fault?.({ request, count }) ?? route(routes, request);
  });
  return {
    ...server,
    ...state,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      refuseViolations({ violations });
    },
  };
}

/** What GitHub's own description says of a request; GraphQL is another one. */
function violationOf({ method, path, host, body }: Recorded): Violation | undefined {
  if (path.startsWith('/graphql')) return undefined;
  const sent: unknown = body.length === 0 ? undefined : JSON.parse(body.toString());
  return githubValidator().request({ method, url: new URL(path, `http://${host}`), body: sent });
}

function route(routes: readonly Route[], { method, path, host, body }: Recorded): Reply {
  const url = new URL(path, `http://${host}`);
  for (const [wanted, pattern, answer] of routes) {
    const match = pattern.exec(decodeURIComponent(url.pathname));
    if (wanted !== method || !match) continue;
    const json = answer({
      body: JSON.parse(body.toString() || '{}') as Body,
      params: match.slice(1),
      query: url.searchParams,
    });
    return {
      status: method === 'POST' && !path.startsWith('/graphql') ? 201 : 200,
      json,
      headers: linkTo(url, json),
    };
  }
  return { status: 404, json: { message: `Not Found: ${method} ${path}` } };
}

interface State {
  readonly checks: Row[];
  readonly comments: Row[];
  readonly deployments: Row[];
  readonly statuses: Map<number, Row[]>;
}

function routesOf({ checks, comments, deployments, statuses }: State): Route[] {
  let next = 1000;
  const add = (rows: Row[], row: Body): Row => {
    const made = { ...row, id: (next += 1) };
    rows.push(made);
    return made;
  };
  const edit = (rows: Row[], id: string | undefined, change: Body): Row | undefined => {
    const row = rows.find((candidate) => candidate.id === Number(id));
    return row && Object.assign(row, change);
  };
  return [
    ['POST', /^\/graphql$/, () => ({ data: { viewer: { login: BOT } } })],
    [
      'GET',
      /\/commits\/(\w+)\/check-runs$/,
      ({ params, query }) => named(of(checks, params[0]), query.get('check_name')),
    ],
    ['POST', /\/check-runs$/, ({ body }) => add(checks, { ...body, app: ACTIONS_APP })],
    ['PATCH', /\/check-runs\/(\d+)$/, ({ params, body }) => edit(checks, params[0], body)],
    ['GET', /\/issues\/\d+\/comments$/, ({ query }) => page(comments, query)],
    ['POST', /\/issues\/\d+\/comments$/, ({ body }) => add(comments, { ...body, user: { login: BOT } })],
    ['PATCH', /\/issues\/comments\/(\d+)$/, ({ params, body }) => edit(comments, params[0], body)],
    ['GET', /\/deployments$/, () => [...deployments].reverse()],
    ['POST', /\/deployments$/, ({ body }) => add(deployments, { ...body, sha: body['ref'] })],
    ['GET', /\/deployments\/(\d+)\/statuses$/, ({ params }) => statuses.get(Number(params[0])) ?? []],
    [
      'POST',
      /\/deployments\/(\d+)\/statuses$/,
      ({ params, body }) => {
        const id = Number(params[0]);
        const status = { ...body, id: (next += 1) };
        statuses.set(id, [status, ...(statuses.get(id) ?? [])]);
        return status;
      },
    ],
    ['GET', /\/pulls\/(\d+)$/, ({ params }) => pull(Number(params[0]))],
  ];
}

/** A check without a commit is on every one. */
function of(checks: readonly Row[], sha: string | undefined): readonly Row[] {
  return checks.filter(({ head_sha }) => head_sha === undefined || head_sha === sha);
}

function named(checks: readonly Row[], name: string | null) {
  const found = checks.filter((check) => name === null || check['name'] === name);
  return { total_count: found.length, check_runs: found };
}

/** As GitHub does: the next page is announced while this one is full. */
function linkTo(url: URL, json: unknown): Record<string, string> {
  const next = new URL(url);
  next.searchParams.set('page', String(Number(url.searchParams.get('page') ?? 1) + 1));
  const full = Array.isArray(json) && json.length === Number(url.searchParams.get('per_page') ?? 30);
  return full ? { link: `<${next.href}>; rel="next"` } : {};
}

function page(rows: readonly Row[], query: URLSearchParams): readonly Row[] {
  const size = Number(query.get('per_page') ?? 30);
  const at = (Number(query.get('page') ?? 1) - 1) * size;
  return rows.slice(at, at + size);
}

function pull(number: number) {
  const repo = { id: 1, full_name: 'acme/hello' };
  return {
    number,
    head: { sha: '1234567890abcdef1234567890abcdef12345678', ref: 'feature', repo },
    base: { ref: 'main', repo },
  };
}
