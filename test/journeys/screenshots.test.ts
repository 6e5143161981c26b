import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ScreenshotView } from '../../src/contract/screenshots.js';
import { hashToken } from '../../src/people/api-token.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { until } from '../contracts/until.js';
import { findBrowser } from '../support/open-browser.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const browser = findBrowser();
const inBrowser = browser ? test : test.skip;

const page = (colour: string, more = '') => ({
  'index.html': `<!doctype html><body style="margin: 0; background: ${colour}">${more}`,
});

/** Tests may run as root, where Chromium has no sandbox. */
const SCREENSHOTS = { SCREENSHOTS: 'on', CHROMIUM_SANDBOX: 'off', CHROMIUM: browser ?? '/nowhere' };
const photographs = { loadMs: 5_000, idleMs: 100 };

const TOKEN = 'vto_screenshots';

async function start(files: Readonly<Record<string, string>>, env: object = {}): Promise<World> {
  const world = await startWorld({
    files,
    env: { ...SCREENSHOTS, ...env },
    overrides: { photographs },
    logLevel: 'info',
  });
  const scope = { kind: 'operator', name: 'tests' } as const;
  await world.app.ports.tokens.issue({ hash: hashToken(TOKEN), scope, expiresAt: null });
  return world;
}

async function ask(world: World, path: string) {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${world.app.url}/api/v1${path}`, { headers });
  return { status: response.status, body: (await response.json()) as unknown };
}

async function environmentOf({ app, repoId }: World, number: number) {
  const [found] = await app.ports.environments.ofPullRequest(repoId(), number);
  if (!found) throw new Error('There is no environment.');
  return found;
}

async function screenshotsOf(world: World, number: number): Promise<readonly ScreenshotView[]> {
  const { id } = await environmentOf(world, number);
  const { body } = await ask(world, `/environments/${id}/screenshots`);
  return (body as { items: unknown[] }).items.map((item) => ScreenshotView().parse(item));
}

const commentOf = async ({ reviewer }: World, number: number) =>
  (await reviewer.comments(number))[0]?.body ?? '';

async function deploy(world: World, number: number): Promise<void> {
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  await world.drain();
}

async function blobs({ dataDir }: World): Promise<readonly string[]> {
  const names = await readdir(join(dataDir, 'blobs'), { recursive: true });
  return names.map((name) => name.split('/').at(-1) ?? '').filter((name) => /^[0-9a-f]{64}$/.test(name));
}

inBrowser(
  'a live preview is photographed and compared with what was live before, the comment shows it, and all of it goes with the preview',
  async () => {
    await using world = await start(page('rgb(200, 0, 0)'));
    const { number, sha } = await openPullRequest(world);
    await deploy(world, number);
    const [first] = await screenshotsOf(world, number);
    expect(first).toMatchObject({
      sha,
      reason: null,
      comparison: null,
      picture: { width: 1280, height: 800 },
    });
    const told = await commentOf(world, number);
    expect(told).toContain(`](${first?.picture?.url ?? ''})`);
    expect(told).toContain('<summary>What it looks like</summary>');
    await world.drain();
    expect(await commentOf(world, number)).toBe(told);

    const picture = await fetch(first?.picture?.url ?? '');
    expect(Object.fromEntries(picture.headers)).toMatchObject({
      'content-type': 'image/png',
      'cache-control': 'public, max-age=3600',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect(Buffer.from(await picture.arrayBuffer()).length).toBe(first?.picture?.bytes);
    const other = (first?.picture?.url ?? '').replace('page.png', 'thumbnail.jpg');
    expect((await fetch(other)).status).toBe(404);

    // A half of the page changes.
    const half = '<div style="width: 50vw; height: 100vh; background: blue"></div>';
    await world.github.push({
      repository: REPOSITORY,
      branch: 'change',
      files: page('rgb(200, 0, 0)', half),
    });
    await world.drain();
    await deploy(world, number);
    const [changed, ...older] = await screenshotsOf(world, number);
    expect(older).toEqual([first]);
    expect(changed?.comparison).toMatchObject({ changed: true, changedShare: 0.5 });
    const urls = [changed?.comparison?.differenceUrl, changed?.comparison?.beforeUrl, changed?.picture?.url];
    for (const url of urls) {
      expect(await commentOf(world, number)).toContain(`](${url ?? ''})`);
      expect((await fetch(url ?? '')).status).toBe(200);
    }
    expect(await commentOf(world, number)).toContain('50 % of the page changed since');
    const hashes = [changed, ...older].map((one) => one?.picture?.sha256 ?? '');
    expect(await blobs(world)).toEqual(expect.arrayContaining(hashes));

    world.github.closePullRequest({ repository: REPOSITORY, number });
    await world.drain();
    for (const url of urls) expect((await fetch(url ?? '')).status).toBe(404);
    expect(await commentOf(world, number)).not.toContain('/images/screenshots/');
    expect(await screenshotsOf(world, number)).toEqual([]);
    expect((await blobs(world)).filter((hash) => hashes.includes(hash))).toEqual([]);
  },
);

inBrowser('a preview that is closed while it is photographed has no picture afterwards', async () => {
  await using world = await start(page('green', '<script>for (;;);</script>'));
  const { number } = await openPullRequest(world);
  expect((await runPreview(world, { number })).exitCode).toBe(0);
  const { id } = await environmentOf(world, number);
  world.github.closePullRequest({ repository: REPOSITORY, number });
  await world.github.webhooks.settled();
  const gone = async () =>
    (await world.app.ports.environments.get(id))?.status === ENVIRONMENT_STATUS.destroyed || undefined;
  await until(gone);
  await world.app.ports.screenshotTools?.photographer.close();
  await world.drain();
  expect(await world.app.ports.screenshots.listOf(id, { limit: 5 })).toEqual({ items: [], nextCursor: null });
});

test('without a Chromium a deployment is live as ever, and the reason is told instead of a picture', async () => {
  await using world = await start(page('green'), { CHROMIUM: '/nowhere/chromium' });
  expect(world.logLines.join('\n')).toMatch(
    /SCREENSHOTS is on, but there is no Chromium.*\/nowhere\/chromium/,
  );
  const { number } = await openPullRequest(world);
  await deploy(world, number);
  const environment = await environmentOf(world, number);
  expect(environment.status).toBe(ENVIRONMENT_STATUS.ready);
  const { status, body } = await ask(
    world,
    `/deployments/${environment.current?.deploymentId ?? ''}/screenshot`,
  );
  expect([status, body]).toMatchObject([200, { picture: null, reason: 'This server has no Chromium.' }]);
  expect(await commentOf(world, number)).not.toContain('<summary>What it looks like</summary>');
});

inBrowser(
  'a protected preview is photographed by the server itself, and a comment shows it only where its readers may open it',
  async () => {
    const FILE = '.github/preview.yml';
    await using world = await start({ ...page('rgb(0, 90, 0)'), [FILE]: 'access: github\n' });
    const { number } = await openPullRequest(world);
    await deploy(world, number);
    const { id, projectId } = await environmentOf(world, number);
    const { body: shown } = await ask(world, `/environments/${id}`);
    expect(shown).toMatchObject({ protection: { access: 'github' } });
    const [first] = await screenshotsOf(world, number);
    expect(first).toMatchObject({ reason: null, picture: { width: 1280 } });
    expect(await commentOf(world, number)).toContain('/images/screenshots/');

    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const set = `${world.app.url}/api/v1/projects/${projectId}/access/password`;
    const body = JSON.stringify({ password: 'a long enough password' });
    await fetch(set, { method: 'PUT', headers, body });
    const withPassword = { [FILE]: 'access: password\n' };
    await world.github.push({ repository: REPOSITORY, branch: 'main', files: withPassword });
    await world.drain();
    const files = { ...page('rgb(0, 0, 90)'), ...withPassword };
    await world.github.push({ repository: REPOSITORY, branch: 'change', files });
    await world.drain();
    await deploy(world, number);
    expect((await world.app.ports.environments.get(id))?.current?.sha).not.toBe(first?.sha);
    expect((await screenshotsOf(world, number))[0]).toMatchObject({ comparison: { changedShare: 1 } });
    expect(await commentOf(world, number)).not.toContain('/images/screenshots/');
  },
);
