import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { visit } from '../../demo/visit.js';
import { createToken } from '../../src/people/api-token.js';
import { formsOf } from '../../src/shared/redact/forms.js';
import { createMatcher } from '../../src/shared/redact/matcher.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { openPullRequest, REPOSITORY, startWorld, type World } from '../support/start-world.js';

const SECRET = 'journey/secret+value 4711';
const LEAF = 'leaf-of-a-json-secret';
const JSON_SECRET = JSON.stringify({ id: 'x', key: LEAF });

/** Asks the API as an operator. */
async function apiOf({ app }: World) {
  const { token, hash } = createToken('vto');
  await app.ports.tokens.issue({ hash, scope: { kind: 'operator', name: 'tests' }, expiresAt: null });
  return async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${app.url}/api/v1/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** Publishes what proves that the build had the values, and prints them in every way that a build may. */
const BUILD = `
  printf '%s' "$API_KEY" | sha256sum | cut -c1-64 > index.html
  echo "$API_URL" >> index.html
  echo "key: $API_KEY"; printf '%s' "$API_KEY" | base64; printf '%s' "$API_KEY" | od -An -tx1 | tr -d ' \\n'; echo
  echo "$ACCOUNT"; node -e 'console.log(JSON.parse(process.env.ACCOUNT).key, encodeURIComponent(process.env.API_KEY))'`;

test('a secret that was set by the API reaches the build command, and no log', async () => {
  await using world = await startWorld();
  const api = await apiOf(world);
  const { number } = await openPullRequest(world);
  const { environment } = await lookAt(world, number);
  const project = `projects/${environment.projectId}`;
  await api('PUT', `${project}/secrets`, { values: { API_KEY: SECRET, ACCOUNT: JSON_SECRET } });
  await api('PUT', `${project}/variables`, {
    values: { API_URL: '${preview:hello.url}/api', NAME: 'stored' },
  });
  const inputs = { 'build-command': BUILD, 'output-dir': '.', env: 'NAME=from the workflow' };
  const ran = await runPreview(world, { number, inputs });
  expect({ exitCode: ran.exitCode, log: ran.exitCode === 0 ? '' : ran.log }).toEqual({
    exitCode: 0,
    log: '',
  });
  await world.drain();
  const page = (await visit(environment.url)).body.split('\n');
  expect(page).toEqual([sha256(SECRET), `${environment.url}/api`, '']);
  const deployment = (await lookAt(world, number)).deployments[0];
  const logs = await world.app.ports.logs.chunksFrom(deployment?.id ?? '', 0, 50);
  for (const value of [SECRET, LEAF]) {
    const { spans } = createMatcher(formsOf(value));
    expect(spans(ran.log)).toEqual([]);
    expect(spans(JSON.stringify(logs))).toEqual([]);
    expect(ran.masked).toEqual(expect.arrayContaining(formsOf(value)));
  }
  expect(ran.log).toContain('key: ***');
});

test('after a change of a variable the preview says so, until the next deployment', async () => {
  await using world = await startWorld();
  const api = await apiOf(world);
  const { number } = await openPullRequest(world);
  const { environment } = await lookAt(world, number);
  const changed = async () => (await api('GET', `environments/${environment.id}`))['configurationChanged'];
  await runPreview(world, { number });
  await world.drain();
  expect(await changed()).toBe(false);
  await api('PUT', `projects/${environment.projectId}/variables`, { values: { COLOUR: 'blue' } });
  expect(await changed()).toBe(true);
  const { items } = (await api('GET', 'environments')) as { items: { configurationChanged: boolean }[] };
  expect(items.map((item) => item.configurationChanged)).toEqual([true]);
  await world.github.push({ repository: REPOSITORY, branch: 'change', files: { 'a.txt': 'x' } });
  await world.drain();
  await runPreview(world, { number });
  await world.drain();
  expect(await changed()).toBe(false);
});

test('a required name that is not set fails the check before anything is built, and a re-run deploys', async () => {
  const files = { 'index.html': '<h1>Hello</h1>\n', '.github/preview.yml': 'secrets: [API_KEY]\n' };
  await using world = await startWorld({ files });
  const api = await apiOf(world);
  const { number, sha } = await openPullRequest(world);
  let first: Parameters<typeof runPreview>[1]['rerunOf'];
  const refused = await runPreview(world, { number, onRun: (run) => (first = run) });
  expect(refused.exitCode).toBe(1);
  expect(refused.log).not.toContain('Building');
  await world.drain();
  const { environment, deployments } = await lookAt(world, number);
  const reason =
    'API_KEY is required by "secrets" in .github/preview.yml and not set. Set it for the project';
  expect(deployments[0]).toMatchObject({
    status: DEPLOYMENT_STATUS.failed,
    error: expect.stringContaining(reason),
  });
  const [check] = await world.reviewer.checks(sha);
  expect(check?.output.summary).toContain('KEY is required by "secrets" in .github/preview.yml');
  await api('PUT', `projects/${environment.projectId}/secrets`, { values: { API_KEY: SECRET } });
  const again = await runPreview(world, { number, ...(first && { rerunOf: first }) });
  expect(again.exitCode).toBe(0);
});

test('a secret that cannot be decrypted fails the deployment closed', async () => {
  await using world = await startWorld();
  const api = await apiOf(world);
  const { number } = await openPullRequest(world);
  const { environment } = await lookAt(world, number);
  const { secrets, projects } = world.app.ports;
  const other = await projects.ensure({ repoId: world.repoId(), name: 'o', slug: 'o', fallbackSlug: 'o-2' });
  await api('PUT', `projects/${other.id}/secrets`, { values: { STOLEN: SECRET } });
  const [entry] = await secrets.of([{ layer: 'project', projectId: other.id }]);
  if (!entry) throw new Error('The secret was not stored.');
  await secrets.put({ ...entry, scope: { layer: 'project', projectId: environment.projectId } });
  const ran = await runPreview(world, { number, inputs: { 'build-command': 'echo "got $STOLEN"' } });
  expect(ran.exitCode).toBe(1);
  expect(ran.log).toContain('The secret STOLEN (project) cannot be decrypted.');
  expect(ran.log).not.toContain('got ');
  const { deployments } = await lookAt(world, number);
  expect(deployments[0]).toMatchObject({
    status: DEPLOYMENT_STATUS.failed,
    error: expect.stringContaining('The secret STOLEN (project) cannot be decrypted.'),
  });
});
