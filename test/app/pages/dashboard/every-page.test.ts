import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { pathTo } from '../../../../src/contract/client.js';
import { PAGES } from '../../../../src/contract/dashboard/pages.js';
import { OPERATIONS } from '../../../../src/contract/openapi.js';
import type { Operation } from '../../../../src/contract/operation.js';
import { countEndings } from '../../../../src/reconcile/endings.js';
import { measure } from '../../../../src/reconcile/measure.js';
import { openDashboard, violationsOn } from '../../../support/dashboard.js';
import { lookAt } from '../../../support/look-at.js';
import { findBrowser } from '../../../support/open-browser.js';
import { runPreview } from '../../../support/run-preview.js';
import { AUTHOR, openPullRequest, startWorld, type World } from '../../../support/start-world.js';
import { signInWithGitHub } from '../../../support/visitor.js';

const SHOTS = process.env['SHOTS'];
const when = findBrowser() === undefined ? test.skip : test;

/** As long as they may be, without a place to break them. */
const LONG = { branch: 'n'.repeat(200), name: 'm'.repeat(100) };
const RIGHT_TO_LEFT = `\u05e9\u05dc\u05d5\u05dd \u202Egpj.exe ${'\u05d0\u05d1\u05d2\u05d3'.repeat(40)}`;

type Visit = readonly [path: string, as?: 'nobody'];

/** Every page of the server, by the operation that shows it: a page that is not here fails the test. */
interface Known {
  readonly project: string;
  readonly repository: string;
  readonly environments: readonly string[];
  readonly deployments: readonly string[];
  readonly delivery: string;
}

function visitsOf({ project, repository, environments, deployments, delivery }: Known) {
  const of = (operation: Operation, id: string): Visit => [pathTo(operation, { params: { id } })];
  return {
    showHome: [['/', 'nobody']],
    showReference: [['/docs/api', 'nobody']],
    showSignIn: [['/sign-in', 'nobody']],
    showSignUp: [['/sign-up', 'nobody']],
    showVerifyEmail: [['/verify-email?token=none', 'nobody']],
    showResetPassword: [['/reset-password', 'nobody']],
    showChangePassword: [['/change-password']],
    showOverview: [['/previews'], ['/previews?q=nothing-is-called-so']],
    showPreview: environments.map((id) => of(PAGES.showPreview, id)),
    showDeployment: [
      ...deployments.map((id) => of(PAGES.showDeployment, id)),
      [`/deployments/${deployments[0] ?? ''}?q=error`],
    ],
    showDeliveries: [['/deliveries'], ['/deliveries?event=none']],
    showDelivery: [of(PAGES.showDelivery, delivery)],
    showStatistics: [['/statistics'], [`/statistics?project=${project}&days=7`]],
    showInstance: [['/admin']],
    showUsers: [['/admin/users']],
    showLimits: [['/admin/limits']],
    showLeaks: [['/admin/leaks']],
    showMigrations: [['/admin/migrations']],
    showKeys: [['/admin/keys']],
    showAudit: [['/admin/audit']],
    showProjects: [['/projects']],
    showProject: [of(PAGES.showProject, project)],
    showProjectSettings: [of(PAGES.showProjectSettings, project)],
    showProjectVariables: [of(PAGES.showProjectVariables, project)],
    showProjectAccess: [of(PAGES.showProjectAccess, project)],
    showProjectMembers: [of(PAGES.showProjectMembers, project)],
    showProjectNotifications: [of(PAGES.showProjectNotifications, project)],
    showProjectLimits: [of(PAGES.showProjectLimits, project)],
    showProjectDanger: [of(PAGES.showProjectDanger, project)],
    showStart: [['/start']],
    showStartSettings: [of(PAGES.showStartSettings, repository)],
    showStartWorkflow: [of(PAGES.showStartWorkflow, repository)],
    showFirstPreview: [of(PAGES.showFirstPreview, repository)],
    showAccount: [['/account']],
  } satisfies Readonly<Record<string, readonly Visit[]>>;
}

/** What is not there. */
const ERRORS: readonly Visit[] = [[`/previews/${'f'.repeat(24)}`], ['/nothing']];

let world: World;
let visits: Readonly<Record<string, readonly Visit[]>> = {};

beforeAll(async () => {
  if (findBrowser() === undefined) return;
  world = await startWorld({
    admins: AUTHOR,
    env: { PASSWORD_ACCOUNTS: 'open', MAIL_FROM: 'a@example.com', SMTP_URL: 'smtp://127.0.0.1:9' },
  });
  visits = visitsOf(await fill());
});
afterAll(async () => {
  if (findBrowser() !== undefined) await world[Symbol.asyncDispose]();
});

/** A preview that is live and one that failed, of a project and people with the longest names. */
async function fill(): Promise<Known> {
  const { ports } = world.app;
  const live = await openPullRequest(world, { head: 'teal-button', title: RIGHT_TO_LEFT });
  const failed = await openPullRequest(world, { head: LONG.branch, title: LONG.name.repeat(2) });
  expect((await runPreview(world, { number: live.number })).exitCode).toBe(0);
  const inputs = { 'build-command': `echo "error: ${LONG.branch}" && exit 7` };
  await runPreview(world, { number: failed.number, inputs });
  await world.drain();
  await countEndings(ports);
  await measure(ports);
  const [project] = await ports.projects.ofRepo(world.repoId());
  if (!project) throw new Error('There is no project.');
  await addConfiguration(`/api/v1/projects/${project.id}`);
  const named = await ports.projects.get(project.id);
  await ports.projects.change(named ?? project, { name: LONG.name });
  const seen = await Promise.all([live, failed].map(({ number }) => lookAt(world, number)));
  const { items } = await ports.inbox.list({}, { limit: 1 });
  return {
    project: project.id,
    repository: String(world.repoId()),
    environments: seen.map(({ environment }) => environment.id),
    deployments: seen.flatMap(({ deployments }) => deployments.map(({ id }) => id)),
    delivery: items[0]?.guid ?? '',
  };
}

async function addConfiguration(project: string): Promise<void> {
  const person = await signInWithGitHub({ ...world, login: AUTHOR });
  const name = LONG.name.toUpperCase();
  const set = { layer: 'project', values: { [name]: LONG.branch } };
  for (const [path, method, json] of [
    [`${project}/variables`, 'PUT', set],
    [`${project}/secrets`, 'PUT', { ...set, values: { [`${name}_KEY`]: LONG.branch } }],
    [
      `${project}/channels`,
      'POST',
      { name: LONG.name, url: `https://example.com/${LONG.branch}`, kind: 'webhook' },
    ],
    ['/api/v1/me', 'PATCH', { name: RIGHT_TO_LEFT.slice(0, 100) }],
  ] as const) {
    const answer = await person.api(path, { method, json });
    expect([path, answer.status, answer.ok ? '' : await answer.text()]).toEqual([path, answer.status, '']);
  }
}

/** What is wrong with the page that is shown, on a phone in both themes. The reference of the API has too many elements to judge each. */
async function faultsOf(page: Page): Promise<readonly unknown[]> {
  const [wide] = await page.evaluate<string[]>(`(() => {
    if (document.documentElement.scrollWidth <= innerWidth) return [];
    const wide = [...document.querySelectorAll('main *')].filter((one) => one.getBoundingClientRect().right > innerWidth + 1);
    return ['wider than the screen: ' + (wide.at(-1)?.outerHTML ?? '').slice(0, 200)];
  })()`);
  const isHuge = new URL(page.url()).pathname === '/docs/api';
  return [...(wide === undefined ? [] : [wide]), ...(isHuge ? [] : await violationsOn(page))];
}

async function walk(visits: readonly Visit[], as: Visit[1]): Promise<void> {
  await using opened = await openDashboard(world, { size: 'phone' });
  if (!opened) throw new Error('There is no browser.');
  const { page, browser, complaints } = opened;
  if (as === 'nobody') await browser.context.clearCookies();
  const faults: Record<string, readonly unknown[]> = {};
  for (const [path] of [...visits, ...ERRORS].filter(([, by]) => by === as)) {
    await opened.open(path);
    // A page that leads elsewhere would be walked in the place of this one.
    expect(new URL(page.url()).pathname).toBe(path.replace(/\?.*/, ''));
    const found = await faultsOf(page);
    if (found.length > 0) faults[path] = found;
    await picture(page, path);
  }
  expect(faults).toEqual({});
  // A browser complains of every page whose status is that of an error.
  expect(complaints.filter((text) => !/status of 4\d\d/.test(text))).toEqual([]);
}

when('every page is walked', () => {
  const pages = Object.entries<Operation>({ ...OPERATIONS, ...PAGES }).filter(
    ([, { method, answers }]) => method === 'GET' && answers[200] === 'page',
  );
  expect(Object.keys(visits).toSorted()).toEqual(pages.map(([name]) => name).toSorted());
});

when('the pages of people fit a phone and have no fault in both themes, however long names are', () =>
  walk(Object.values(visits).flat(), undefined),
);

when('so do the pages that everybody may open', () => walk(Object.values(visits).flat(), 'nobody'));

/** For who wants to look at them: SHOTS names a folder. */
async function picture(page: Page, path: string): Promise<void> {
  if (SHOTS === undefined) return;
  const name = path.replace(/([0-9a-f]{2})[0-9a-f]{22}/g, '$1').replace(/[^\w-]+/g, '-');
  for (const [size, width] of [
    ['phone', 390],
    ['desktop', 1_280],
  ] as const)
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.setViewportSize({ width, height: 844 });
      await page.emulateMedia({ colorScheme });
      await page.screenshot({ path: `${SHOTS}/page${name}-${size}-${colorScheme}.png`, fullPage: true });
    }
  await page.setViewportSize({ width: 390, height: 844 });
}
