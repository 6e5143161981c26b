import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Page } from '../../../src/contract/operation.js';
import { isVitrineError, VitrineError } from '../../../src/shared/errors.js';
import type { Log } from '../../../src/shared/tools.js';
import { githubWebsite } from '../../config/sign-in.js';
import { SECURITY_HEADERS } from '../../http/respond.js';
import { loadPage } from '../../render.js';
import {
  type Conversion,
  createManifest,
  isReachable,
  permissionsOf,
  SETUP_DONE_PATH,
  SETUP_PATH,
} from './manifest.js';

interface SetupOptions {
  readonly apiUrl: string;
  readonly publicUrl: string;
  readonly appYml: string;
  readonly envFile: string;
  /** Printed once on the operator's terminal. Its owner may connect this server to a GitHub App. */
  readonly token: string;
  readonly log: Log;
  readonly exchange: (code: string) => Promise<Conversion>;
  /** Stores the credentials before the page reports success. Answers the lines that it could not write. */
  readonly onCredentials: (credentials: Conversion) => Promise<readonly string[]>;
}

const ORGANIZATION = /^[A-Za-z0-9][A-Za-z0-9-]{0,38}$/;

/** The set-up has two pages: one sends the operator to GitHub with the manifest, the other receives GitHub's answer. */
export function createSetupEndpoint(options: SetupOptions) {
  const pages = createSetupPages(githubWebsite(options.apiUrl));
  let state: string | undefined;

  function start(query: URLSearchParams): Page {
    if (!same(query.get('token'), options.token)) {
      throw new VitrineError(
        'forbidden',
        'Open the whole address that was printed on the terminal of the server: it holds a token.',
      );
    }
    const organization = organizationOf(query);
    const rerun = query.get('rerun') === 'yes';
    state = randomBytes(32).toString('hex');
    const { token, publicUrl, apiUrl, envFile, appYml } = options;
    return pages.start({
      token,
      setupPath: SETUP_PATH,
      envFile,
      permissions: permissionPhrases(appYml, rerun),
      action: newAppUrl({ apiUrl, organization, state }),
      manifest: createManifest({ ...options, rerun }),
      organization,
      rerun,
      publicUrl,
      reachable: isReachable(publicUrl),
    });
  }

  async function done(query: URLSearchParams): Promise<Page> {
    const expected = state;
    if (expected === undefined || !same(query.get('state'), expected)) {
      throw new VitrineError(
        'bad_request',
        'This server did not start that set-up. Begin again with the address on the terminal.',
      );
    }
    const credentials = await options.exchange(query.get('code') ?? '');
    state = undefined;
    const unsaved = await options.onCredentials(credentials);
    const installUrl = `${credentials.html_url}/installations/new`;
    return pages.done({ installUrl, envFile: options.envFile, unsaved: unsaved.join('\n') });
  }

  /** Empty for a visitor who has proven nothing: the address of the set-up is for its operator only. */
  function backTo(query: URLSearchParams): string {
    const isOperator =
      same(query.get('token'), options.token) || (state !== undefined && same(query.get('state'), state));
    return isOperator ? `${SETUP_PATH}?token=${options.token}` : '';
  }

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://setup.invalid');
    const send = (status: number, page: Page) => sendPage(response, { status, page });
    try {
      if (request.method !== 'GET') throw new VitrineError('not_found', 'There is nothing here.');
      if (pathname === SETUP_PATH) return send(200, start(searchParams));
      if (pathname === SETUP_DONE_PATH) return send(200, await done(searchParams));
      throw new VitrineError('not_found', 'Open the address that the server printed on its terminal.');
    } catch (error) {
      if (!isVitrineError(error)) options.log('error', 'the set-up failed', { error });
      const { status, ...model } = explain(error);
      send(status, pages.error({ ...model, back: backTo(searchParams) }));
    }
  };
}

function organizationOf(query: URLSearchParams): string | undefined {
  const name = query.get('organization')?.trim() ?? '';
  if (name === '') return undefined;
  if (ORGANIZATION.test(name)) return name;
  throw new VitrineError(
    'bad_request',
    'That is not the name of an organization: take the last part of its address on GitHub, and try again.',
  );
}

function explain(error: unknown): { status: number; heading: string; message: string } {
  if (!isVitrineError(error)) {
    const message = 'The terminal of the server says more. Begin again, with the address on the terminal.';
    return { status: 500, heading: 'Something went wrong', message };
  }
  const { message } = error;
  if (error.code === 'not_found') return { status: 404, heading: 'Vitrine is not set up yet', message };
  if (error.code === 'forbidden') return { status: 403, heading: 'This address is not complete', message };
  return { status: 400, heading: 'That did not work', message };
}

function sendPage(response: ServerResponse, { status, page }: { status: number; page: Page }): void {
  const headers = {
    ...SECURITY_HEADERS,
    'content-security-policy': page.policy,
    'content-type': 'text/html; charset=utf-8',
    connection: 'close',
  };
  response.writeHead(status, headers).end(page.html);
}

interface StartPage {
  readonly token: string;
  readonly setupPath: string;
  readonly envFile: string;
  /** One phrase for each permission that GitHub will ask the operator to grant. */
  readonly permissions: readonly string[];
  readonly action: string;
  readonly manifest: string;
  readonly organization: string | undefined;
  /** The App is to be able to run workflows again. */
  readonly rerun: boolean;
  readonly publicUrl: string;
  readonly reachable: boolean;
}

interface DonePage {
  readonly installUrl: string;
  readonly envFile: string;
  /** The lines that could not be written to the file; empty when all were. */
  readonly unsaved: string;
}

interface ErrorPage {
  readonly heading: string;
  readonly message: string;
  /** Where the set-up begins; empty when the page must not say it. */
  readonly back: string;
}

/** The forms are sent to this server, or to GitHub with the manifest. */
function createSetupPages(website: string) {
  const page = <Model>(template: string) =>
    loadPage<Model>({ template, style: 'setup-style', formAction: ["'self'", website] });
  return {
    start: page<StartPage>('setup-start'),
    done: page<DonePage>('setup-done'),
    error: page<ErrorPage>('setup-error'),
  };
}

function same(given: string | null, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(expected));
}

/** The page where GitHub asks whether it should make the App. */
export function newAppUrl({
  apiUrl,
  organization,
  state,
}: {
  apiUrl: string;
  organization: string | undefined;
  state: string;
}): string {
  const owner = organization ? `/organizations/${encodeURIComponent(organization)}` : '';
  return `${githubWebsite(apiUrl)}${owner}/settings/apps/new?state=${state}`;
}

const AppFile = z.looseObject({ default_permissions: z.record(z.string(), z.enum(['read', 'write'])) });

const WHY: Readonly<Record<string, string>> = {
  metadata: 'see the repository and who may write to it',
  contents: 'read .github/preview.yml',
  pull_requests: 'see pull requests and keep one comment',
  checks: 'show the check Preview',
  deployments: "fill GitHub's deployment box",
  statuses: 'set a commit status, where the settings ask for one',
  actions: 'learn how workflow runs end',
  members: 'hear when the rights of people change',
  emails: 'know the proven address of people who sign in',
};

/** Where GitHub's pages show another name than its API. */
const NAMES: Readonly<Record<string, string>> = { statuses: 'commit statuses', emails: 'email addresses' };

/** The permissions of `app.yml` with their reasons: "Pull requests (write): see pull requests and keep one comment". */
function permissionPhrases(appYml: string, rerun: boolean): string[] {
  const permissions = permissionsOf(AppFile.parse(parse(appYml)), rerun);
  return Object.entries(permissions).map(([name, level]) => {
    const words = NAMES[name] ?? name.replaceAll('_', ' ');
    const title = `${words.charAt(0).toUpperCase()}${words.slice(1)} (${level})`;
    const why =
      name === 'actions' && rerun
        ? `${WHY[name]}, and run one again or cancel it when a person asks`
        : WHY[name];
    return why === undefined ? title : `${title}: ${why}`;
  });
}
