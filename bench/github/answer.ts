/** What the measured programs ask GitHub, and constant answers that satisfy them. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What a reviewer can see once the answer is out. */
export type Visible = 'check' | 'comment';

interface Call {
  readonly method: string;
  readonly path: string;
  /** The next free id. */
  readonly id: number;
}

const HOUR_MS = 3_600_000;
const ROUTES: readonly {
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (call: Call) => ApiAnswer;
}[] = [
  { method: 'POST', path: /^\/app\/installations\/\d+\/access_tokens$/, answer: token },
  { method: 'GET', path: /^\/oidc\/\d+$/, answer: ({ path }) => ok({ value: `run.${path.split('/')[2]}` }) },
  { method: 'GET', path: /^\/app$/, answer: () => ok({ id: 1, slug: 'vitrine-bench' }) },
  { method: 'GET', path: /\/permission$/, answer: () => ok({ permission: 'write', role_name: 'write' }) },
  { method: 'GET', path: /\/check-runs$/, answer: () => ok({ total_count: 0, check_runs: [] }) },
  { method: 'GET', path: /\/(comments|deployments|pulls|files)$/, answer: () => ok([]) },
  // No file there: the settings are those that everybody has.
  { method: 'GET', path: /\/contents\/\.github$/, answer: () => ok([]) },
  { method: 'GET', path: /./, answer: () => ({ status: 404, body: { message: 'Not Found' } }) },
  {
    method: 'POST',
    path: /./,
    answer: ({ id }) => ({ status: 201, body: { id, status: 'queued', external_id: null } }),
  },
  { method: 'PATCH', path: /./, answer: ({ id }) => ok({ id, status: 'queued', external_id: null }) },
];

export function answerFor(call: Call): ApiAnswer {
  const route = ROUTES.find(({ method, path }) => method === call.method && path.test(call.path));
  return route?.answer(call) ?? { status: 404, body: { message: 'Not Found' } };
}

function ok(body: unknown): ApiAnswer {
  return { status: 200, body };
}

/** The token names its installation, because the limits are an installation's. */
function token({ path }: Call): ApiAnswer {
  const installation = path.split('/')[3];
  const body = {
    token: `ghs_bench${installation}`,
    expires_at: new Date(Date.now() + HOUR_MS).toISOString(),
    permissions: {},
  };
  return { status: 201, body };
}

/** Null for whatever no reviewer sees. */
export function visibleIn(method: string, path: string): Visible | null {
  if (method === 'GET') return null;
  if (/\/check-runs(\/\d+)?$/.test(path)) return 'check';
  return /\/comments(\/\d+)?$/.test(path) ? 'comment' : null;
}
