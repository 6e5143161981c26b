import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunContext } from '../../demo/github/story/run-context.js';
import { visit } from '../../demo/visit.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { delivery } from '../support/builders.js';
import { lookAt } from '../support/look-at.js';
import { findBrowser } from '../support/open-browser.js';
import { begin } from '../support/run-by-hand.js';
import { AUTHOR, openPullRequest, REPOSITORY } from '../support/start-world.js';
import { type Day, NEEDS_KEY, SECRET, startDay } from './plays/dashboard.js';

const WAYS = [
  { how: 'at a desk', size: 'desktop', theme: 'light', javaScript: true },
  { how: 'on a phone without JavaScript', size: 'phone', theme: 'dark', javaScript: false },
] as const;

const TITLE = 'A teal button';
const FORK_IS_DENIED = 'Pull requests from forks get no preview here.';

const describeInBrowser = findBrowser() === undefined ? describe.skip : describe;

describeInBrowser.each(WAYS)('a day of a person $how', (way) => {
  let day: Day;
  let number: number;
  let run: RunContext;

  beforeAll(async () => {
    day = await startDay(way);
  });
  afterAll(async () => {
    await day[Symbol.asyncDispose]();
  });

  let hasFailed = false;
  /** The steps after one that failed fail at once. */
  const step = (name: string, take: () => Promise<void>) =>
    test(name, async () => {
      if (hasFailed) throw new Error('An earlier step has failed.');
      hasFailed = true;
      await take();
      await day.expectNoComplaints(name);
      hasFailed = false;
    });

  const link = (name: string | RegExp) => day.page.getByRole('link', { name });
  const heading = (name: string) => day.page.getByRole('heading', { name });
  const text = (words: string | RegExp) => day.page.getByText(words);
  const badge = (label: string) => day.page.locator('.hero .badge', { hasText: label });
  const openPreview = async (of = number) => day.open(`/previews/${(await day.environment(of)).id}`);

  step('begins by signing in with GitHub', async () => {
    await day.open('/');
    await link('Sign in').click();
    await link('Sign in with GitHub').click();
    await day.page.getByRole('button', { name: `Continue as ${AUTHOR}` }).click();
    await heading('There is no project yet').waitFor();
  });

  step('goes on from an empty server to the workflow of a repository', async () => {
    const { page, world } = day;
    const { github, app } = world;
    await link('Begin with a repository').click();
    await text('You see none yet.').waitFor();
    expect(await link('Install the App on GitHub').getAttribute('href')).toBe(
      `${github.url}/apps/${github.app.slug}/installations/new`,
    );
    github.changeInstallation({ account: 'acme', action: 'created' });
    await world.drain();
    await day.sees(link(`Set up: ${REPOSITORY}`));
    github.fail({ method: 'GET', path: /\/contents|\/trees/, times: 100, kind: 'status', status: 403 });
    await link(`Set up: ${REPOSITORY}`).click();
    await text('GitHub does not show the files').waitFor();
    github.stopFailing();

    await page.reload();
    await page.getByText('Vite', { exact: true }).waitFor();
    expect(await page.getByLabel('Output').inputValue()).toBe('dist');
    const commands = { Install: 'node --version', Build: 'node build.js' };
    await day.fills({ ...commands, Output: '../secrets' }, 'Save and go on');
    await text('output must be a path inside the repository').waitFor();
    expect(await page.getByLabel('Output').inputValue()).toBe('../secrets');
    await day.fills({ Output: 'dist' }, 'Save and go on');

    await day.reads('The settings are saved. Now commit the workflow.');
    const file = (await page.locator('pre').textContent()) ?? '';
    expect(file).toContain(`server-url: ${app.url}`);
    expect(file).toContain('node-version-file: .nvmrc');
    const newFile = new URL((await link('Open on GitHub, filled in').getAttribute('href')) ?? '');
    expect(newFile.pathname).toBe(`/${REPOSITORY}/new/main`);
    expect(newFile.searchParams.get('value')).toBe(file);
  });

  step('sees the first preview as it happens', async () => {
    const { page, world } = day;
    const file = (await page.locator('pre').textContent()) ?? '';
    await link('Go on to the first preview').click();
    await text('Waiting for the workflow file').waitFor();
    const files = { '.github/workflows/preview.yml': file };
    await world.github.push({ repository: REPOSITORY, branch: 'main', files });
    await world.drain();
    await day.sees(text('Waiting for the first pull request'));
    ({ number } = await openPullRequest(world, { head: 'teal-button', title: TITLE }));
    await day.sees(text('Waiting for the build'));
    await day.build(number, { exitCode: 0 });
    await day.sees(heading('The first preview is live'));
    expect(await link('Open the preview').getAttribute('href')).toBe((await day.environment(number)).url);
  });

  step('finds the preview in the overview, and follows a failing build to its line', async () => {
    const { page, world } = day;
    const files = { 'build.js': NEEDS_KEY };
    await world.github.push({ repository: REPOSITORY, branch: 'teal-button', files });
    await world.drain();
    await link('Previews').first().click();
    const row = page.locator('.preview', { hasText: TITLE });
    await row.locator('.badge', { hasText: 'Ready' }).waitFor();
    run = await day.build(number, { exitCode: 1 });
    await day.sees(row.locator('.trouble'));
    await row.locator('a.cover').click();
    await text('Visitors see the commit before.').waitFor();
    await link('The whole log').click();

    await page.locator('.excerpt mark', { hasText: 'error TS2304' }).waitFor();
    await link('Show this line in the log').click();
    const found = page.locator(way.javaScript ? '.line.marked .t' : '.line:target .t');
    await found.filter({ hasText: 'error TS2304' }).waitFor();
    if (way.javaScript) {
      // The stage that failed is open, and the others are closed.
      const building = page.locator('details.section', { hasText: 'building' });
      expect(await building.getAttribute('open')).not.toBeNull();
      expect(await page.locator('details.section:not([open])').count()).toBeGreaterThan(0);
      await page.getByRole('button', { name: 'Fold' }).click();
      expect(await page.locator('details.section[open]').count()).toBe(0);
    }
    await day.searches('after 250');
    await page.locator('.hit-list a', { hasText: 'after 250' }).click();
    await found.filter({ hasText: 'after 250' }).waitFor();
    expect(new URL(page.url()).hash).toMatch(/^#L\d+$/);
    const { deployments } = await lookAt(world, number);
    expect(await page.getByRole('link', { name: 'Download' }).getAttribute('href')).toBe(
      `/api/v1/deployments/${deployments[0]?.id ?? ''}/logs.txt`,
    );
  });

  step('sets the secret that was missing, and redeploys with it', async () => {
    const { page } = day;
    await openPreview();
    await page.getByRole('region', { name: 'Variables' }).getByRole('link', { name: 'Change' }).click();
    await page.getByLabel('Secret: never shown again, hidden in logs').check();
    await day.fills({ Name: 'API_KEY', Value: SECRET }, 'Set');
    await day.reads('API_KEY is set. Deployments from now on get it.');
    expect(await page.content()).not.toContain(SECRET);
    await text('Or paste the lines').click();
    const lines = 'API_URL=https://api.example.com\nDEBUG=1';
    await day.fills({ 'Lines, as NAME=value': lines }, 'Set');
    await day.reads('2 names are set. Deployments from now on get them.');

    await openPreview();
    const changed = text('Variables or secrets were changed since this was deployed.');
    await changed.waitFor();
    const told = 'GitHub runs the workflow of the newest commit again. What is live stays';
    await day.answers('Redeploy', { told, answer: 'Redeploy' });
    await day.reads(/^GitHub runs the workflow .* again\. The preview is updated when it is done\./);
    await day.build(number, { exitCode: 0, again: run });
    await day.sees(badge('Ready'));
    await text('The preview is ready. The newest commit is live.').waitFor();
    expect(await changed.count()).toBe(0);
    expect((await visit((await day.environment(number)).url)).body).toContain('Hello with a key');
    expect(await page.content()).not.toContain(SECRET);
  });

  step('finds why a stranger got no preview, and changes the rule', async () => {
    const { page, world } = day;
    const stranger = { head: 'gift', author: 'stranger', fork: 'stranger', title: 'A gift' } as const;
    await openPullRequest(world, stranger);
    const decision = { action: 'skip', rule: 'x', detail: FORK_IS_DENIED, environmentIds: [] };
    await world.app.ports.inbox.store([{ ...delivery({ guid: 'of-others', repoId: 999 }), decision }]);
    await link('Deliveries').click();
    await day.searches('forks get no preview');
    await page.locator('.delivery').getByText('pull_request, opened').waitFor();
    expect(await page.locator('.delivery', { hasText: FORK_IS_DENIED }).count()).toBe(1);

    await link('Projects').click();
    await link('hello').first().click();
    await link(TITLE).waitFor();
    await link('Settings').click();
    await page.locator('summary', { hasText: 'Which pull requests get a preview' }).click();
    await page.getByLabel('triggers.forks', { exact: true }).selectOption('approve');
    await page.locator('summary', { hasText: 'Limits' }).click();
    await day.fills({ 'limits.ttl': 'soon' }, 'Save');
    await day.reads('Nothing was saved: 1 of the settings cannot be used. What is wrong stands beside each.');
    await text(/limits\.ttl must be a time/).waitFor();
    const ttl = page.getByLabel('limits.ttl', { exact: true });
    expect([await ttl.inputValue(), await ttl.getAttribute('aria-invalid')]).toEqual(['soon', 'true']);
    expect(await ttl.getAttribute('aria-describedby')).toContain('setting-limits-ttl-problem');
    expect(await page.getByLabel('triggers.forks', { exact: true }).inputValue()).toBe('approve');
    await day.fills({ 'limits.ttl': '3d' }, 'Preview the file');
    await day.reads('This is not saved yet. The file below shows what would count.');
    expect(await page.locator('pre').textContent()).toContain('ttl: 3d # set here');
    await day.fills({}, 'Save');
    await day.reads('The settings are saved. They count from the next deployment on.');
    const [stored] = await world.app.ports.projects.ofRepo(world.repoId());
    expect(stored?.settings).toMatchObject({ limits: { ttl: '3d' }, triggers: { forks: 'approve' } });
  });

  step('replays the webhook of the stranger, and approves the commit', async () => {
    const { page, world } = day;
    await link('Deliveries').click();
    await page.locator('.delivery', { hasText: FORK_IS_DENIED }).locator('a.cover').click();
    await day.answers('Replay', { told: 'what was missed is done', answer: 'Handle it again' });
    await day.reads('The webhook is handled again. What comes of it appears here.');
    await world.drain();
    await day.sees(text(`${AUTHOR} had it handled again.`));
    await link('To the preview').click();
    await badge('Awaiting approval').waitFor();
    const approval = { told: 'the next push needs a new approval', answer: 'Approve this commit' };
    await day.answers('Approve', approval);
    await day.reads(
      /^Commit [0-9a-f]{7} is approved\. Its workflow may deploy it; the next push needs a new approval\.$/,
    );
    await world.drain();
    await day.sees(badge('Waiting for the build'));
    const { approvedSha, head } = await day.environment(number + 1);
    expect([approvedSha, approvedSha]).toEqual([head?.sha, expect.any(String)]);
  });

  step('cancels a build, keeps the preview beyond its time, and lets it go again', async () => {
    const { page, world } = day;
    const pull = await openPullRequest(world, { head: 'act', title: 'Act' });
    const begun = await world.github.startRun({ repository: REPOSITORY, number: pull.number });
    const { deployment } = await begin(world, { ...pull, runId: String(begun.id) });
    await openPreview(pull.number);
    await day.answers('Cancel the build', {
      told: 'Nothing is live then. Redeploy, or a push, builds again.',
      answer: 'Cancel the build',
    });
    await day.reads(/^The build is cancelled, and GitHub stops its workflow run\. What was live stays\./);
    expect(await link('See the run').getAttribute('href')).toContain(String(begun.id));
    expect(await world.app.ports.deployments.get(deployment.id)).toMatchObject({
      status: DEPLOYMENT_STATUS.cancelled,
    });
    await text('The build of this commit was cancelled.').waitFor();
    expect(await page.locator('summary', { hasText: 'Cancel the build' }).count()).toBe(0);

    await day.answers('Pin', { told: 'kept until somebody unpins it', answer: 'Pin the preview' });
    await day.reads('The preview is pinned: it is kept until somebody unpins it, or its pull request ends.');
    expect((await day.environment(pull.number)).pinned).toMatchObject({ by: AUTHOR });
    await page.locator('.hero .pinned', { hasText: 'Kept until unpinned' }).waitFor();
    await day.open('/previews');
    await page.locator('.preview .pinned', { hasText: 'Kept until unpinned' }).waitFor();
    await openPreview(pull.number);
    await day.answers('Unpin', { told: 'It expires again', answer: 'Unpin the preview' });
    await day.reads(/^The preview is not pinned any more\./);
  });

  step('removes the preview, and then the project by typing its name', async () => {
    const { page, world } = day;
    const { url, projectId } = await day.environment(number);
    await openPreview();
    const told = 'Its address stops working at once';
    await day.answers('Remove', { told, answer: 'Remove the preview' });
    await day.reads('The preview is being removed. A push, or reopening the pull request, brings it back.');
    await world.drain();
    await day.sees(badge('Destroyed'));
    expect((await day.environment(number)).status).toBe(ENVIRONMENT_STATUS.destroyed);
    expect((await visit(url)).status).toBe(410);

    await day.open(`/projects/${projectId}/danger`);
    expect(await page.locator('.doomed').textContent()).toMatch(/pr-\d+.*A gift[^]*API_KEY[^]*API_URL/);
    const confirm = 'Type hello to confirm';
    await day.fills({ [confirm]: 'another' }, 'Delete the project and all of this');
    await day.reads('Nothing was deleted: type the name of the project, hello, to confirm.');
    await day.fills({ [confirm]: 'hello' }, 'Delete the project and all of this');
    await day.reads('hello is being deleted: its previews go first, then all that belongs to it.');
    await world.drain();
  });

  step('connects GitHub again when the connection has ended, and signs out', async () => {
    const { page, world } = day;
    const { connections, users } = world.app.ports;
    const user = await users.byGitHubId(world.github.state.accounts.get(AUTHOR)?.id ?? 0);
    const connection = await connections.get(user?.id ?? '');
    if (!connection) throw new Error('There is no connection.');
    await connections.markBroken(connection);
    await day.open('/account');
    await page.getByText('Ended', { exact: true }).waitFor();
    await link('Connect again').click();
    await page.getByRole('button', { name: `Continue as ${AUTHOR}` }).click();
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Sign out', exact: true }).first().click();
    await heading('Sign in to Vitrine').waitFor();
    await day.open('/previews');
    await heading('Sign in to Vitrine').waitFor();
  });
});
