import { once } from 'node:events';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { envToConfig, readEnvironment } from '../../../../app/config/config.js';
import { envToSecrets } from '../../../../app/config/secrets.js';
import { githubWebsite } from '../../../../app/config/sign-in.js';
import { newAppUrl } from '../../../../app/pages/setup/endpoint.js';
import { createManifest } from '../../../../app/pages/setup/manifest.js';
import { refuseInPublic, runSetup } from '../../../../app/pages/setup/run-setup.js';
import type { Log } from '../../../../src/shared/tools.js';
import { violationsOn } from '../../../support/dashboard.js';
import { findBrowser, openBrowser } from '../../../support/open-browser.js';
import { openPage } from '../../../support/page.js';
import { appKey } from '../../../support/run-keys.js';

let directory: string;
let github: Server;
let asked: string[];
let apiUrl: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'vitrine-setup-'));
  asked = [];
  github = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    const known = request.url === '/app-manifests/the-code/conversions';
    const body = known
      ? {
          id: 77,
          pem: appKey(),
          webhook_secret: 'made by GitHub itself',
          client_id: 'Iv1.x',
          client_secret: 'cs',
          html_url: 'https://github.com/apps/x',
        }
      : { message: 'Not Found' };
    const odd = request.url?.includes('/odd-code/') ?? false;
    response
      .writeHead(known || odd ? 201 : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  await once(github, 'listening');
  apiUrl = `http://127.0.0.1:${(github.address() as AddressInfo).port}`;
});
afterEach(async () => {
  github.close();
  await rm(directory, { recursive: true, force: true });
});

/** A set-up that waits for its operator. */
async function begin(log: Log = () => undefined, stopping = new AbortController().signal) {
  const envFile = join(directory, '.env');
  let printed: (line: string) => void = () => undefined;
  const line = new Promise<string>((resolve) => (printed = resolve));
  const config = envToConfig({ PORT: '0', GITHUB_API_URL: apiUrl });
  const finished = runSetup({ config, envFile, print: printed, log, stopping });
  const address = /http:\S+/.exec(await line)?.[0] ?? '';
  return { envFile, address, origin: new URL(address).origin, finished };
}

async function stateOf(address: string): Promise<string> {
  const { action = '' } = (await openPage(address)).forms.find(({ fields }) => 'manifest' in fields) ?? {};
  return new URL(action).searchParams.get('state') ?? '';
}

test('the set-up leads the operator to GitHub and back, and the server continues with the new App', async () => {
  const { address, origin, envFile, finished } = await begin();
  const state = await stateOf(address);
  const done = await openPage(`${origin}/setup/done?code=the-code&state=${state}`);
  expect(Object.values(done.links)).toEqual(['https://github.com/apps/x/installations/new']);
  const variables = await finished;
  expect(envToSecrets(variables)).toMatchObject({ appId: 77, webhookSecrets: ['made by GitHub itself'] });
  expect(asked).toEqual(['POST /app-manifests/the-code/conversions']);
  await expect(fetch(address)).rejects.toThrow();
  expect((await stat(envFile)).mode & 0o777).toBe(0o600);
  const env = await readEnvironment({ env: {}, file: envFile });
  expect(envToSecrets(env).privateKey.trim()).toBe(appKey().trim());
});

test('a cancelled set-up frees its port, also while a browser keeps a connection open', async () => {
  const calledOff = new AbortController();
  const { address, origin, finished } = await begin(() => undefined, calledOff.signal);
  const { hostname, port } = new URL(origin);
  const holding = connect(Number(port), hostname);
  await once(holding, 'connect');
  const cut = once(holding, 'close');
  const over = expect(finished).rejects.toBe('enough');
  calledOff.abort('enough');
  await over;
  await cut;
  await expect(fetch(address)).rejects.toThrow();
});

test('a set-up that was called off before it began does not begin', async () => {
  const config = envToConfig({ PORT: '0', GITHUB_API_URL: apiUrl });
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  const stopping = AbortSignal.abort('enough');
  const envFile = join(directory, '.env');
  await expect(runSetup({ config, envFile, print, log: () => undefined, stopping })).rejects.toBe('enough');
  expect(lines).toEqual([]);
});

test.each([
  ['without its token', (address: string) => address.replace(/\?.*/, ''), 403],
  ['with another token', (address: string) => `${address}x`, 403],
  ['anywhere else', (address: string) => new URL('/', address).href, 404],
])('the page %s shows nothing of the set-up', async (_how, change, status) => {
  const { address, origin, finished } = await begin();
  const response = await fetch(change(address));
  const text = await response.text();
  expect(response.status).toBe(status);
  expect(text).not.toMatch(/manifest|state/);
  await end({ address, origin, finished });
});

test('an answer with a wrong state or code changes nothing, and a second try works', async () => {
  const { address, origin, envFile, finished } = await begin();
  const unasked = await fetch(`${origin}/setup/done?code=the-code&state=`);
  const state = await stateOf(address);
  const wrongState = await fetch(`${origin}/setup/done?code=the-code&state=${'0'.repeat(64)}`);
  const wrongCode = await fetch(`${origin}/setup/done?code=../x&state=${state}`);
  expect([unasked.status, wrongState.status, wrongCode.status]).toEqual([400, 400, 400]);
  expect(asked).toEqual(['POST /app-manifests/..%2Fx/conversions']);
  await expect(stat(envFile)).rejects.toThrow(/ENOENT/);
  await end({ address, origin, finished });
});

test('an operator who went wrong gets a way back, and nobody else', async () => {
  const { address, origin, finished } = await begin();
  const wrongName = await openPage(`${address}&organization=not%20good`, { status: 400 });
  const state = await stateOf(address);
  const wrongCode = await openPage(`${origin}/setup/done?code=../x&state=${state}`, { status: 400 });
  for (const page of [wrongName, wrongCode])
    expect(new URL(page.links['Back to the set-up'] ?? '', origin).href).toBe(address);
  for (const [path, status] of [
    ['/setup?token=x', 403],
    ['/setup/done?state=x', 400],
    ['/', 404],
  ] as const)
    expect((await openPage(`${origin}${path}`, { status })).links).toEqual({});
  await end({ address, origin, finished });
});

test('neither the page nor the manifest repeats a host that the request made up', async () => {
  const { address, origin, finished } = await begin();
  const forwarded = await fetch(address, {
    headers: { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
  });
  expect(await forwarded.text()).not.toContain('evil.example');
  expect(forwarded.headers.get('content-security-policy')).toContain("default-src 'none'");
  await end({ address, origin, finished });
});

async function end({
  address,
  origin,
  finished,
}: {
  address: string;
  origin: string;
  finished: Promise<unknown>;
}): Promise<void> {
  await fetch(`${origin}/setup/done?code=the-code&state=${await stateOf(address)}`);
  await finished;
}

const APP_YML = 'name: vitrine\ndefault_permissions:\n  metadata: read\n';

test('the manifest asks for what app.yml says, with the addresses of this server', () => {
  const manifest: unknown = JSON.parse(
    createManifest({ appYml: APP_YML, publicUrl: 'https://vitrine.example.com' }),
  );
  expect(manifest).toEqual({
    name: 'vitrine',
    default_permissions: { metadata: 'read' },
    url: 'https://vitrine.example.com',
    hook_attributes: { url: 'https://vitrine.example.com/api/github/webhooks', active: true },
    redirect_url: 'https://vitrine.example.com/setup/done',
    callback_urls: ['https://vitrine.example.com/sign-in/github/callback'],
    setup_url: 'https://vitrine.example.com/start',
  });
});

test('an address that GitHub cannot reach gets no webhooks', () => {
  const manifest: unknown = JSON.parse(
    createManifest({ appYml: APP_YML, publicUrl: 'http://localhost:3000' }),
  );
  expect(manifest).toMatchObject({
    hook_attributes: { active: false },
    redirect_url: 'http://localhost:3000/setup/done',
  });
});

test.each([
  ['https://api.github.com', 'https://github.com'],
  ['https://ghe.example.com/api/v3', 'https://ghe.example.com'],
  ['https://api.acme.ghe.com', 'https://acme.ghe.com'],
])('people who use %s go to %s', (api, website) => {
  expect(githubWebsite(api)).toBe(website);
  expect(newAppUrl({ apiUrl: api, organization: 'acme', state: 's' })).toBe(
    `${website}/organizations/acme/settings/apps/new?state=s`,
  );
});

test.each([
  [{ host: '0.0.0.0', production: false }],
  [{ host: '0.0.0.0', production: true }],
  [{ host: '127.0.0.1', production: true }],
  [{ host: '::', production: false }],
])('a server at %j is never set up from the outside', (config) => {
  expect(() => refuseInPublic(config)).toThrow(/HOST=127\.0\.0\.1/);
});

test('an organization gets the App when it is asked for, and a name that cannot be one is refused', async () => {
  const { address, origin, finished } = await begin();
  const chosen = await openPage(`${address}&organization=octo-org`);
  const actions = chosen.forms.map(({ action }) => action).join(' ');
  expect(actions).toContain('organizations/octo-org/settings/apps/new');
  expect(chosen.text()).toContain('for octo-org');
  const refused = await openPage(`${address}&organization=${encodeURIComponent('../x')}`, { status: 400 });
  expect(refused.text()).toContain('not the name of an organization');
  await end({ address, origin, finished });
});

test('the page says what the App may do, and every right has its reason', async () => {
  const { address, origin, finished } = await begin();
  const page = await openPage(address);
  const rights = page.texts('li');
  expect(rights).toHaveLength(9);
  for (const right of rights) expect(right).toMatch(/^[A-Z][a-z ]+ \((read|write)\): \S/);
  expect(permissionsIn(page)).toMatchObject({ actions: 'read' });
  await end({ address, origin, finished });
});

const permissionsIn = ({ forms }: { forms: readonly { fields: Readonly<Record<string, string>> }[] }) => {
  const manifest = forms.find(({ fields }) => 'manifest' in fields)?.fields['manifest'] ?? '{}';
  return (JSON.parse(manifest) as { default_permissions: object }).default_permissions;
};

test('the App may run workflows again only where the operator wants it', async () => {
  const { address, origin, finished } = await begin();
  const page = await openPage(`${address}&organization=octo-org&rerun=yes`);
  expect(permissionsIn(page)).toMatchObject({ actions: 'write', contents: 'read' });
  expect(page.texts('li').join('\n')).toMatch(/Actions \(write\): .*run one again/);
  expect(page.count('input[name=rerun][checked]')).toBe(1);
  await end({ address, origin, finished });
});

test('an unexpected error is in the log, and the page says only that there was one', async () => {
  const told: string[] = [];
  const { address, origin, finished } = await begin((_level, message) => told.push(message));
  const state = await stateOf(address);
  const failed = await fetch(`${origin}/setup/done?code=odd-code&state=${state}`);
  expect([failed.status, told]).toEqual([500, ['the set-up failed']]);
  expect(await failed.text()).not.toMatch(/client_id|invalid/);
  await end({ address, origin, finished });
});

test('the set-up does not start if it could not store the credentials, and says what to repair', async () => {
  const envFile = join(directory, '.env');
  await mkdir(envFile);
  const lines: string[] = [];
  const config = envToConfig({ PORT: '0', GITHUB_API_URL: apiUrl });
  const print = (line: string) => void lines.push(line);
  const stopping = new AbortController().signal;
  const begun = runSetup({ config, envFile, print, log: () => undefined, stopping });
  await expect(begun).rejects.toThrow(/\.env, and it cannot be read and written \(EISDIR/);
  expect([lines, asked]).toEqual([[], []]);
});

test('credentials that cannot be written after all are shown once on the page, never in the log, and the server goes on', async () => {
  const logged: string[] = [];
  const { address, origin, envFile, finished } = await begin((...line) => {
    logged.push(JSON.stringify(line));
  });
  const state = await stateOf(address);
  await mkdir(envFile);
  const done = await openPage(`${origin}/setup/done?code=the-code&state=${state}`);
  expect(done.headers.get('cache-control')).toContain('no-store');
  expect(done.text()).toContain('APP_ID="77"');
  expect(done.text()).toContain('WEBHOOK_SECRET="made by GitHub itself"');
  expect(Object.values(done.links).join()).toContain('/installations/new');
  expect(envToSecrets(await finished)).toMatchObject({ appId: 77 });
  expect(logged.join()).toMatch(/could not be written/);
  expect(logged.join()).not.toMatch(/made by GitHub itself|PRIVATE KEY/);
});

const inBrowser = findBrowser() === undefined ? test.skip : test;

inBrowser(
  'the pages of the set-up fit a phone, and have no fault of accessibility in both themes',
  async () => {
    const { address, origin, finished } = await begin();
    await using opened = await openBrowser(findBrowser() ?? '');
    const page = await opened.context.newPage();
    await page.setViewportSize({ width: 390, height: 844 });
    const look = async (path: string) => {
      await page.goto(path);
      expect([path, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([path, 390]);
      expect([path, await violationsOn(page)]).toEqual([path, []]);
    };
    await look(`${address}&organization=not%20good`);
    await look(`${origin}/setup?token=x`);
    await look(address);
    // Each time that the first page is shown, the set-up has another state.
    const action = await page.evaluate<string>("document.querySelector('form[method=post]').action");
    const state = new URL(action).searchParams.get('state') ?? '';
    await look(`${origin}/setup/done?code=the-code&state=${state}`);
    await finished;
  },
);
