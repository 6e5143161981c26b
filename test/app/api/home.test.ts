import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { projectVersion } from '../../../app/config/project-root.js';
import { openPage } from '../../support/page.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const BROWSER = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
let app: TestApp;

beforeAll(async () => {
  app = await startApp();
  const { environments, newId } = app.ports;
  await environments.ensure({
    projectId: newId(),
    project: 'top-secret-project',
    repoId: 11,
    repository: 'acme/top-secret',
    installationId: 5,
    name: 'pr-7',
    slug: 'pr-7-top-secret',
    url: 'http://pr-7-top-secret.localhost',
  });
});
afterAll(() => app.close());

const home = (headers: Record<string, string>, method = 'GET'): Promise<Response> =>
  fetch(`${app.url}/`, { headers, method });

test('the page says what the server is, that it is up, and where to go', async () => {
  const page = await openPage(app.url);
  expect(page.title).toBe('Vitrine is up');
  expect(page.texts('h1')).toEqual(['Vitrine is up']);
  expect(page.text()).toContain(`Vitrine ${projectVersion()}`);
  expect(Object.values(page.links)).toContain('/api/v1/openapi.json');
});

test('the page loads nothing and runs nothing, and its policy allows its style by a hash', async () => {
  const page = await openPage(app.url);
  expect(page.policy).toBe(
    `default-src 'none'; style-src ${page.hashOf('style')}; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  expect(page.html).not.toMatch(/<script|src=|@import|url\(/);
});

test('the page contains nothing from the database or the configuration', async () => {
  expect((await openPage(app.url)).html).not.toMatch(/secret|acme|pr-7|mongodb|DATA_DIR/i);
});

test.each(['application/json', 'application/json, text/plain, */*', 'application/vnd.api+json'])(
  'a client that accepts %s gets a JSON 404',
  async (accept) => {
    const answer = await home({ accept });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await answer.json()).toMatchObject({ error: { code: 'not_found' } });
  },
);

test('a client that accepts anything gets the page, and HEAD has no body', async () => {
  expect((await home({ accept: '*/*' })).headers.get('content-type')).toMatch(/^text\/html/);
  const head = await home(BROWSER, 'HEAD');
  expect([head.status, await head.text()]).toEqual([200, '']);
});

test('only the page is public: other paths lead nowhere or need a token', async () => {
  expect((await home(BROWSER, 'POST')).status).toBe(405);
  for (const [path, status, type] of [
    ['/index.html', 404, 'text/html'],
    ['/wp-admin', 404, 'text/html'],
    ['/api', 404, 'application/json'],
    ['/api/v1/environments', 401, 'application/json'],
  ] as const) {
    const answer = await fetch(app.url + path, { headers: BROWSER });
    expect([path, answer.status]).toEqual([path, status]);
    expect(answer.headers.get('content-type')).toBe(`${type}; charset=utf-8`);
  }
});
