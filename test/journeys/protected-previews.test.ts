import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { access } from '../../src/contract/access.js';
import type { Client } from '../../src/contract/client.js';
import { getEnvironment, pinEnvironment } from '../../src/contract/environments.js';
import { projects } from '../../src/contract/projects.js';
import { createToken } from '../../src/people/api-token.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import type { ActionResult } from '../../demo/runner/run-action.js';
import { eventually } from '../../demo/expect.js';
import { apiClient } from '../support/api-client.js';
import { openDashboard, violationsOn } from '../support/dashboard.js';
import { lookAt, type Seen } from '../support/look-at.js';
import { findBrowser, openBrowser } from '../support/open-browser.js';
import { type Came, createPreviewVisitor } from '../support/preview-visitor.js';
import { begin } from '../support/run-by-hand.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, pushSettings, REPOSITORY, startWorld, type World } from '../support/start-world.js';
import { authorizeAtGitHub, createVisitor, signInWithGitHub } from '../support/visitor.js';

const FILE = '.github/preview.yml';
const PASSWORD = 'correct horse battery';
const SHOTS = process.env['SHOTS'];

let world: World;
let client: Client;
let ran: ActionResult;
let url: string;
let commitUrl: string;
let environment: Seen['environment'];
let sha: string;
let number: number;

beforeAll(async () => {
  const files = { 'index.html': '<h1>secret page</h1>\n' };
  world = await startWorld({
    github: {
      users: ['octavia', 'stranger'],
      repositories: [{ fullName: REPOSITORY, files, private: true }],
    },
  });
  const operator = createToken('vto');
  const scope = { kind: 'operator', name: 'tests' } as const;
  await world.app.ports.tokens.issue({ hash: operator.hash, scope, expiresAt: null });
  client = apiClient(world.app, operator.token);
  ({ number, sha } = await openPullRequest(world));
  ({ environment } = await lookAt(world, number));
  await setAccess('password');
  ran = await runPreview(world, { number });
  await world.drain();
  ({ environment } = await lookAt(world, number));
  url = ran.outputs['preview-url'] ?? '';
  commitUrl = ran.outputs['commit-url'] ?? '';
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

const projectId = () => ({ id: environment.projectId });
const environmentId = () => ({ id: environment.id });
/** By the API; null takes it away. */
async function setAccess(mode: string | null): Promise<void> {
  await client(projects.changeProject, { params: projectId(), body: { settings: { access: mode } } });
}

/** Of the dashboard, for who may write. */
async function pageOf(path: string): Promise<string> {
  const visitor = await signInWithGitHub({ ...world, login: 'octavia' });
  return (await visitor.ask(path)).text();
}

/** Another process may show what it knew for a second. */
const until = (status: number, visit: () => Promise<Came>) =>
  eventually(visit, {
    until: (came) => came.status === status,
    otherwise: `It should have answered ${String(status)}.`,
  });

test('a run deploys and verifies a protected preview, and gets a token for its tests that no log shows', async () => {
  expect([ran.exitCode, ran.outputs['status'], ran.outputs['live']]).toEqual([
    0,
    DEPLOYMENT_STATUS.success,
    'true',
  ]);
  const token = ran.outputs['bypass-token'] ?? '';
  expect(token).toMatch(/^vtb_[\w-]{43}$/);
  // The runner hides what it was told to mask; in outputs later steps find it.
  expect(ran.log).not.toContain(token);
  expect(ran.summary).not.toContain(token);
  expect(world.logLines.join('\n')).not.toContain(token);

  const { visit } = createPreviewVisitor();
  for (const address of [url, commitUrl]) {
    expect((await visit(address)).status).toBe(401);
    const headers = { 'x-vitrine-bypass': token };
    expect((await createPreviewVisitor().visit(address, { headers })).body).toContain('secret page');
  }
  const browser = createPreviewVisitor();
  const entered = await browser.visit(`${url}/?a=1&vitrine-bypass=${token}`);
  expect([entered.status, entered.location]).toEqual([303, `${url}/?a=1`]);
  expect((await browser.visit(entered.location)).body).toContain('secret page');
  // Each host of the preview has its own.
  expect((await browser.visit(commitUrl)).status).toBe(401);
});

test('the comment, the check and the API say that it is protected, and how to get in', async () => {
  const [comment] = await world.reviewer.comments(number);
  expect(comment?.body).toMatch(/🔒 Protected:.? visitors need the password of the project/u);
  const [check] = await world.reviewer.checks(sha);
  expect(check?.output.summary).toMatch(/🔒 Protected:.? visitors need the password of the project/u);
  const view = await client(getEnvironment, { params: environmentId() });
  expect(view.protection).toMatchObject({ access: 'password', how: expect.stringMatching(/^Protected/) });
});

test('the password opens the preview, on the host on which it was entered, until another one is set', async () => {
  const browser = createPreviewVisitor();
  expect((await browser.visit(url)).body).toContain('No password is set');
  const params = projectId();
  expect(await client(access.getProjectAccess, { params })).toMatchObject({
    access: 'password',
    password: null,
  });
  const set = await client(access.setPreviewPassword, { params, body: { password: PASSWORD } });
  expect(set.password).toMatchObject({ setBy: 'tests' });
  expect(JSON.stringify(set)).not.toMatch(/argon|correct/);
  await eventually(() => browser.visit(`${url}/docs?x=1`), {
    until: ({ body }) => body.includes('<form'),
    otherwise: 'The page should have the form.',
  });
  const enter = (password: string) =>
    browser.visit(`${url}/.well-known/vitrine/password`, { form: { password, to: '/?x=1' } });
  expect((await enter('another one')).body).toContain('That password is wrong');
  const entered = await enter(PASSWORD);
  expect([entered.status, entered.location]).toEqual([303, `${url}/?x=1`]);
  expect((await browser.visit(entered.location)).body).toContain('secret page');
  expect((await browser.visit(commitUrl)).status).toBe(401);
  await client(access.setPreviewPassword, { params, body: { password: `${PASSWORD} 2` } });
  await until(401, () => browser.visit(url));
});

test('a cookie of one preview opens no other one of the same project, and neither does the token of its run', async () => {
  const other = await openPullRequest(world, { head: 'other' });
  const { environment: waiting } = await lookAt(world, other.number);
  const browser = createPreviewVisitor();
  await client(access.setPreviewPassword, { params: projectId(), body: { password: PASSWORD } });
  const enter = (at: string) =>
    browser.visit(`${at}/.well-known/vitrine/password`, { form: { password: PASSWORD, to: '/' } });
  await until(303, () => enter(url));
  await until(200, () => browser.visit(url));
  const [name, value] = [...(browser.cookies.get(new URL(url).host) ?? [])][0] ?? [];
  const headers = { cookie: `${String(name)}=${String(value)}` };
  expect((await createPreviewVisitor().visit(url, { headers })).status).toBe(200);
  expect((await createPreviewVisitor().visit(waiting.url, { headers })).status).toBe(401);
  const bypass = { 'x-vitrine-bypass': ran.outputs['bypass-token'] ?? '' };
  expect((await createPreviewVisitor().visit(waiting.url, { headers: bypass })).status).toBe(401);
  // With its own, the visitor sees what a visitor of a public one sees: that there is no build yet.
  await until(303, () => enter(waiting.url));
  expect((await browser.visit(waiting.url)).body).toContain('data-state="pending"');
});

test('a shared link opens one preview until it is revoked, for whoever came in with it too', async () => {
  const params = environmentId();
  const body = { name: 'For Ann', duration: '2d', path: '/?tour=1' };
  const { link, url: shared } = await client(access.createShareLink, { params, body });
  expect(link).toMatchObject({ name: 'For Ann', createdBy: 'tests', path: '/?tour=1' });
  const { items } = await client(access.listShareLinks, { params, query: {} });
  expect(items).toEqual([link]);
  expect(JSON.stringify(items)).not.toContain('vts_');
  const browser = createPreviewVisitor();
  const entered = await browser.visit(shared);
  expect([entered.status, entered.location]).toEqual([303, `${url}/?tour=1`]);
  expect((await browser.visit(entered.location)).body).toContain('secret page');
  await client(access.revokeShareLink, { params: { ...params, linkId: link.id } });
  await until(401, () => browser.visit(url));
  expect((await browser.visit(shared)).body).toContain('it was revoked, or its time is over');
  expect((await client(access.listShareLinks, { params, query: {} })).items).toEqual([]);
});

test('who may read the repository signs in on the App and comes back; a stranger does not', async () => {
  await setAccess('github');
  const came = async (login: string) => {
    const browser = createPreviewVisitor();
    const app = createVisitor(world.app);
    const page = await until(401, () => browser.visit(url));
    expect(page).toMatchObject({ body: expect.stringContaining('Sign in with GitHub') });
    const away = await browser.visit(`${url}/.well-known/vitrine/sign-in?to=%2F%3Fx%3D1`);
    expect(new URL(away.location).origin).toBe(new URL(world.app.url).origin);
    const first = await app.ask(away.location);
    const signIn = new URL(first.headers.get('location') ?? '', world.app.url);
    expect([first.status, signIn.pathname]).toEqual([303, '/sign-in']);
    const query = { return_to: signIn.searchParams.get('return_to') ?? '' };
    const { back } = await authorizeAtGitHub({ ...world, login, visitor: app, query });
    const signedIn = await app.ask(back.href);
    const opened = await app.ask(signedIn.headers.get('location') ?? '');
    return { browser, app, opened };
  };
  const { browser, app, opened } = await came('octavia');
  const back = opened.headers.get('location') ?? '';
  expect(back.startsWith(`${url}/.well-known/vitrine/enter?code=`)).toBe(true);
  // The App's cookies stay on its host, and the code is of no use in another browser.
  expect([...app.cookies.keys()].some((name) => name.includes('vitrine'))).toBe(false);
  expect((await createPreviewVisitor().visit(back)).status).toBe(401);
  const entered = await browser.visit(back);
  expect([entered.status, entered.location]).toEqual([303, `${url}/?x=1`]);
  expect((await browser.visit(entered.location)).body).toContain('secret page');

  const { opened: refused } = await came('stranger');
  expect(refused.status).toBe(404);
  expect(await refused.text()).toContain('may not see it');
});

const executable = findBrowser();
const inBrowser = executable === undefined ? test.skip : test;

inBrowser('in a browser, a visitor enters the password on a phone, and signs in and comes back', async () => {
  await setAccess('password');
  await client(access.setPreviewPassword, { params: projectId(), body: { password: PASSWORD } });
  await until(401, () => createPreviewVisitor().visit(url));
  await using opened = await openBrowser(executable ?? '');
  const page = await opened.context.newPage();
  await page.setViewportSize({ width: 390, height: 844 });
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  await page.goto(`${url}/?x=1`);
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(390);
  await page.getByLabel('Password').fill('another one');
  await page.getByRole('button', { name: 'Open the preview' }).click();
  await page.getByRole('alert').getByText('That password is wrong').waitFor();
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Open the preview' }).click();
  await page.getByRole('heading', { name: 'secret page' }).waitFor();
  expect(page.url()).toBe(`${url}/?x=1`);
  const [cookie] = await opened.context.cookies(url);
  expect(cookie).toMatchObject({ name: 'vitrine-access', httpOnly: true, sameSite: 'Lax' });
  expect(cookie?.domain).toBe(new URL(url).hostname);

  await setAccess('github');
  await until(401, () => createPreviewVisitor().visit(url));
  await page.goto(`${url}/?y=2`);
  await page.getByRole('link', { name: 'Sign in with GitHub' }).click();
  await page.getByRole('link', { name: 'Sign in with GitHub' }).click();
  await page.getByRole('button', { name: 'Continue as octavia' }).click();
  await page.getByRole('heading', { name: 'secret page' }).waitFor();
  expect(page.url()).toBe(`${url}/?y=2`);
  expect(errors.filter((text) => text.includes('Content Security Policy'))).toEqual([]);
});

inBrowser(
  'an administrator protects a project and shares a link, which a stranger opens until it is revoked',
  async () => {
    await setAccess(null);
    await client(access.removePreviewPassword, { params: projectId() });
    await using opened = await openDashboard(world, { size: 'phone', javaScript: false });
    await using stranger = await openBrowser(executable ?? '');
    if (!opened) throw new Error('There is no browser.');
    const { page, complaints } = opened;
    const shot = (name: string) =>
      SHOTS ? page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true }) : undefined;
    const fits = async () =>
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBe(390);
    const flash = page.locator('.flash');

    await opened.open(`/previews/${environment.id}`);
    expect(await page.getByLabel('No link is needed: pass the address on').inputValue()).toBe(url);
    await page.getByRole('link', { name: 'Access of the project' }).click();
    await page.getByRole('radio', { name: /^With a password/ }).check();
    await page.getByRole('button', { name: 'Save the choice' }).click();
    await flash.getByText('Every visitor of a preview is asked for the password.').waitFor();
    await page.getByText('No password is set, so only shared links open the previews.').waitFor();
    await page.getByLabel('New password').fill('short');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.locator('.problem', { hasText: 'it needs at least 8 characters' }).waitFor();
    expect(await page.getByLabel('New password').getAttribute('aria-describedby')).toContain('problem');
    await shot('access-problem');
    await page.getByLabel('New password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Set the password' }).click();
    await flash.getByText('The password is set.').waitFor();
    await page.getByText('octavia set it').waitFor();
    expect(await page.content()).not.toContain(PASSWORD);
    await fits();
    await shot('access');

    const visitor = await stranger.context.newPage();
    const asks = visitor.getByRole('heading', { name: 'This preview is protected' });
    await until(401, () => createPreviewVisitor().visit(url));
    await visitor.goto(url);
    await asks.waitFor();
    await visitor.getByLabel('Password').waitFor();

    await opened.open('/previews');
    expect(await page.locator('.preview .lock').first().textContent()).toBe('Protected: with a password');
    await shot('overview');
    await opened.open(`/previews/${environment.id}`);
    await page.getByRole('link', { name: 'Share' }).click();
    await page.getByText('There are none.').waitFor();
    await page.locator('summary', { hasText: 'New link' }).click();
    await page.getByLabel('It works for').selectOption('1 hour');
    await page.getByLabel('Note (optional)').fill('n'.repeat(101));
    await page.getByRole('button', { name: 'Make the link' }).click();
    await page.locator('.problem', { hasText: '100 characters are the most' }).waitFor();
    expect(await page.getByLabel('It works for').inputValue()).toBe('1h');
    await page.getByLabel('Note (optional)').fill('For Ann <b>');
    await page.getByRole('button', { name: 'Make the link' }).click();
    const shared = await page.getByLabel('The new link', { exact: true }).inputValue();
    expect(shared).toMatch(/\?vitrine-share=vts_[\w-]{43}$/);
    await page.locator('.links', { hasText: 'For Ann <b>' }).getByText('by octavia').waitFor();
    await fits();
    await shot('made');
    await opened.open(`/previews/${environment.id}`);
    expect(await page.content()).not.toContain('vts_');

    await visitor.goto(shared);
    await visitor.getByRole('heading', { name: 'secret page' }).waitFor();
    expect(visitor.url()).toBe(`${url}/`);
    await page.locator('summary', { hasText: 'Revoke' }).click();
    await page.getByText('who came in with it is let in no longer').waitFor();
    await shot('revoke');
    await page.getByRole('button', { name: 'Revoke the link' }).click();
    await flash.getByText('The link is revoked').waitFor();
    await page.getByText('There are none.').waitFor();
    await until(401, async () => createPreviewVisitor().visit(shared));
    await eventually(() => visitor.reload().then(() => asks.count()), {
      until: (count) => count === 1,
      otherwise: 'The stranger should not be let in any more.',
    });
    await visitor.goto(shared);
    await visitor.getByText('it was revoked, or its time is over').waitFor();

    // Who is signed in on the App shows a preview nothing of that.
    await page.goto(url);
    const sent = await opened.browser.context.cookies(url);
    expect([(await opened.browser.context.cookies(world.app.url)).length > 0, sent]).toEqual([true, []]);
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([]);
  },
);

inBrowser(
  'with scripts, a new link is copied with a button, and stays in sight while the page changes',
  async () => {
    await setAccess('github');
    await using opened = await openDashboard(world);
    if (!opened) throw new Error('There is no browser.');
    const { page, complaints } = opened;
    const shot = (name: string) =>
      SHOTS ? page.screenshot({ path: `${SHOTS}/${name}.png`, fullPage: true }) : undefined;
    await opened.browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await opened.open(`/previews/${environment.id}`);
    await page.getByText('Visitors sign in, and need read access to acme/hello.').waitFor();
    await page.locator('summary', { hasText: 'New link' }).click();
    await page.getByRole('button', { name: 'Make the link' }).click();
    const made = page.getByLabel('The new link', { exact: true });
    // The button has this name for a moment only, so the test looks for it before it clicks.
    await Promise.all([
      page.getByRole('button', { name: 'Copied' }).waitFor(),
      page.getByRole('button', { name: 'Copy the new link' }).click(),
    ]);
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(await made.inputValue());
    expect(await violationsOn(page)).toEqual([]);
    await shot('made-desktop');
    await client(pinEnvironment, { params: environmentId() });
    await page.locator('.hero .pinned').waitFor();
    expect(await made.inputValue()).toContain('vitrine-share=');
    await opened.open(`/projects/${environment.projectId}/access`);
    expect(await violationsOn(page)).toEqual([]);
    await shot('access-desktop');
    await page.locator('summary', { hasText: 'Remove the password' }).click();
    await page.getByText('Who came in with it is let in no longer.').waitFor();
    await page.getByRole('button', { name: 'Remove it' }).click();
    await page.locator('.flash', { hasText: 'The password is removed.' }).waitFor();
    await page.getByText('None is set.').waitFor();
    expect(complaints).toEqual([]);
  },
);

test('what the project and the default branch say counts at once, and the API says it', async () => {
  await setAccess(null);
  await until(200, () => createPreviewVisitor().visit(url));
  const view = () => client(getEnvironment, { params: environmentId() });
  expect((await view()).protection).toEqual({ access: 'public', how: null });
  await pushSettings(world, 'access: password\n');
  await until(401, () => createPreviewVisitor().visit(url));
  expect((await view()).protection.access).toBe('password');
  const page = await pageOf(`/projects/${environment.projectId}/access`);
  expect(page).toContain('from .github/preview.yml of the default branch');
  expect(page).toContain('The file comes first');
  await world.github.push({ repository: REPOSITORY, branch: 'main', files: { [FILE]: null } });
  await world.drain();
  await until(200, () => createPreviewVisitor().visit(url));
});

test('a pull request may ask for more: from the start of its run on, and until a newer commit says otherwise', async () => {
  const opening = { head: 'strict', files: { [FILE]: 'access: github\n' } };
  const strict = await openPullRequest(world, opening);
  const run = await begin(world, strict);
  const address = run.environment.url;
  expect(await until(401, () => createPreviewVisitor().visit(address))).toMatchObject({
    body: expect.stringContaining('Sign in with GitHub'),
  });
  expect(await pageOf(`/previews/${run.environment.id}`)).toContain('The pull request asks for this');
  await world.github.push({ repository: REPOSITORY, branch: 'strict', files: { 'index.html': 'two' } });
  await world.drain();
  // The newer commit is not built yet, so its file was not read.
  const { head } = (await lookAt(world, strict.number)).environment;
  expect([head?.settingsFile, head?.access]).toEqual([undefined, 'github']);
  await until(401, () => createPreviewVisitor().visit(address));
});

test('the run of a public preview gets no token', async () => {
  const { number: open, sha: head } = await openPullRequest(world, { head: 'open' });
  expect((await begin(world, { number: open, sha: head })).bypassToken).toBeNull();
});
