import type { App } from '../../app/create-app.js';
import type { EmulatedGitHub } from '../../demo/github/emulated-github.js';

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as the form of a page. */
  readonly form?: Readonly<Record<string, string>>;
}

/** Behaves like a browser that looks at the App: keeps cookies and follows nothing by itself. */
export interface Visitor {
  readonly cookies: Map<string, string>;
  /** A path of the App, or a whole address of it. */
  ask(path: string, ask?: Ask): Promise<Response>;
  /** As a script of our pages asks: from the same origin, with the CSRF token of the session. */
  api(path: string, ask?: Ask): Promise<Response>;
}

export function createVisitor({ url }: Pick<App, 'url'>, userAgent = FIREFOX): Visitor {
  const cookies = new Map<string, string>();
  let csrf: string | undefined;
  const ask: Visitor['ask'] = async (path, { method = 'GET', headers = {}, json, form } = {}) => {
    const response = await fetch(new URL(path, url), {
      method,
      redirect: 'manual',
      headers: {
        'user-agent': userAgent,
        cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
      ...(form && { body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) keep(cookies, line);
    return response;
  };
  return {
    cookies,
    ask,
    async api(path, given = {}) {
      const read = async () => ((await (await ask('/api/v1/me')).json()) as { csrfToken: string }).csrfToken;
      csrf ??= await read();
      return ask(path, {
        ...given,
        headers: { 'sec-fetch-site': 'same-origin', 'x-csrf-token': csrf, ...given.headers },
      });
    },
  };
}

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

function keep(cookies: Map<string, string>, line: string): void {
  const [pair = '', ...attributes] = line.split('; ');
  const [name = '', value = ''] = pair.split(/=(.*)/s);
  if (attributes.includes('Max-Age=0')) cookies.delete(name);
  else cookies.set(name, value);
}

interface SignIn {
  readonly app: Pick<App, 'url'>;
  readonly github: Pick<EmulatedGitHub, 'url'>;
  readonly login: string;
  readonly visitor?: Visitor;
  /** Of the address that begins: `return_to`, `link`. */
  readonly query?: Readonly<Record<string, string>>;
}

/** Goes to GitHub and comes back with the address that leads into the App again. */
export async function authorizeAtGitHub({ app, github, login, query, ...rest }: SignIn) {
  const visitor = rest.visitor ?? createVisitor(app);
  const begun = await visitor.ask(`/sign-in/github?${String(new URLSearchParams(query))}`);
  const at = new URL(begun.headers.get('location') ?? '');
  const body = new URLSearchParams([...at.searchParams, ['login', login]]);
  const options = { method: 'POST', body, redirect: 'manual' } as const;
  const chosen = await fetch(`${github.url}/login/oauth/authorize`, options);
  return { visitor, back: new URL(chosen.headers.get('location') ?? '') };
}

/** A person who is signed in with GitHub. */
export async function signInWithGitHub(signIn: SignIn): Promise<Visitor> {
  const { visitor, back } = await authorizeAtGitHub(signIn);
  const finished = await visitor.ask(back.href);
  if (finished.status !== 303) throw new Error(`Nobody was signed in: ${await finished.text()}`);
  return visitor;
}
