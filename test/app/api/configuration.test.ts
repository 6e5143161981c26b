import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Stores } from '../../../app/ports.js';
import { VariableView } from '../../../src/contract/configuration.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const OWNER = 4_242;
const REPO = 77;

let app: TestApp;
let project = '';

beforeAll(async () => {
  app = await startApp({ around: { stores: recordingAudit } });
  const repo = { id: REPO, ownerId: OWNER, fullName: 'acme/site', defaultBranch: 'main', private: false };
  await app.ports.repos.save({ ...repo, installationId: 7 });
  project = await projectNamed('site');
});
afterAll(async () => {
  await app.close();
});

const recorded: unknown[] = [];

function recordingAudit(stores: Stores): Stores {
  const record: Stores['audit']['record'] = async (entry) => {
    recorded.push(entry);
    await stores.audit.record(entry);
  };
  return { ...stores, audit: { ...stores.audit, record } };
}

async function projectNamed(name: string): Promise<string> {
  const fresh = { repoId: REPO, name, slug: name, fallbackSlug: `${name}-2` };
  return (await app.ports.projects.ensure(fresh)).id;
}

async function send(method: string, path: string, body?: unknown): Promise<{ status: number; body: Answer }> {
  const response = await app.api(`/api/v1/${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

interface Answer {
  readonly items?: readonly Record<string, unknown>[];
  readonly nextCursor?: string | null;
  readonly names?: readonly string[];
  readonly warnings?: readonly string[];
  readonly error?: { readonly code: string; readonly message: string };
}

const list = async (path: string) => (await send('GET', path)).body.items ?? [];
const byName = (items: readonly Record<string, unknown>[], name: string) =>
  items.find((item) => item['name'] === name);

test('each name shows its nearest layer, the layers that it overrides, and who set it', async () => {
  const id = await projectNamed('layers');
  const at = `projects/${id}/variables`;
  const layers = [
    { layer: 'project' },
    { layer: 'target', target: 'static' },
    { layer: 'class', class: 'preview' },
    { layer: 'pull-request', pullRequest: 7 },
  ];
  await send('PUT', `organizations/${OWNER}/variables`, { values: { LAYERED: 'org', ORG_ONLY: '1' } });
  for (const place of layers) {
    const { status, body } = await send('PUT', at, { ...place, values: { LAYERED: place.layer } });
    expect([status, body]).toEqual([200, { names: ['LAYERED'], warnings: [] }]);
  }
  expect(byName(await list(at), 'LAYERED')).toMatchObject({
    value: 'class',
    layer: 'class',
    class: 'preview',
    overrides: ['org', 'project', 'target'],
    updatedBy: 'tests',
  });
  const nearest = byName(await list(`${at}?pull_request=7`), 'LAYERED');
  expect(VariableView().parse(nearest)).toMatchObject({ value: 'pull-request', pullRequest: 7 });
  expect(byName(await list(`${at}?target=command&class=staging`), 'LAYERED')?.['value']).toBe('project');
  expect(byName(await list(at), 'ORG_ONLY')).toMatchObject({ layer: 'org', value: '1' });
  expect(await list(`${at}?layer=pull-request`)).toMatchObject([{ name: 'LAYERED', pullRequest: 7 }]);
  const gone = `${at}/LAYERED?layer=class&class=preview`;
  expect((await send('DELETE', gone)).body).toEqual({ deleted: true });
  expect((await send('DELETE', gone)).body.error?.code).toBe('not_found');
  expect(byName(await list(at), 'LAYERED')?.['layer']).toBe('target');
  await send('DELETE', `organizations/${OWNER}/variables/LAYERED`);
});

test('a secret is listed by name and layer, and its value is in no answer and in no document', async () => {
  const at = `projects/${project}/secrets`;
  const value = 'canary-of-this-test-4711';
  const set = await send('PUT', at, { values: { API_KEY: value, FLAG: 'true' } });
  expect(set.body).toEqual({
    names: ['API_KEY', 'FLAG'],
    warnings: ['FLAG is a common word and is not hidden in logs; choose a longer one.'],
  });
  await send('PUT', `organizations/${OWNER}/secrets`, { values: { API_KEY: `${value}-org` } });
  const answers = [await send('GET', at), await send('GET', `projects/${project}/variables`)];
  expect(byName(answers[0]?.body.items ?? [], 'API_KEY')).toEqual({
    ...{ name: 'API_KEY', layer: 'project', target: null, class: null, pullRequest: null },
    ...{ overrides: ['org'], createdAt: expect.any(String), updatedAt: expect.any(String) },
    ...{ id: expect.stringMatching(/^[0-9a-f]{24}$/), updatedBy: 'tests' },
  });
  expect(byName(answers[1]?.body.items ?? [], 'API_KEY')).toBeUndefined();
  const stored = await app.ports.secrets.of([{ layer: 'project', projectId: project }]);
  expect(JSON.stringify([answers, stored, app.lines])).not.toContain('canary-of-this-test');
});

test('a value that is set again changes nothing, and another value makes a new revision', async () => {
  const scope = { layer: 'project', projectId: project } as const;
  const at = `projects/${project}/secrets`;
  const stored = async () =>
    (await app.ports.secrets.of([scope])).find(({ name }) => name === 'AGAIN')?.revision;
  await send('PUT', at, { values: { AGAIN: 'first value' } });
  const first = await stored();
  await send('PUT', at, { values: { AGAIN: 'first value' } });
  expect(await stored()).toBe(first);
  await send('PUT', at, { values: { AGAIN: 'second value' } });
  expect(await stored()).not.toBe(first);
});

test('lines of a file are set together, or not at all', async () => {
  const at = `projects/${project}/variables`;
  const lines = '# of the preview\nFROM_FILE=one\nQUOTED="a\\nb"\nLITERAL=$(id)\n';
  expect((await send('PUT', at, { lines })).body.names).toEqual(['FROM_FILE', 'QUOTED', 'LITERAL']);
  const items = await list(at);
  expect([byName(items, 'QUOTED')?.['value'], byName(items, 'LITERAL')?.['value']]).toEqual([
    'a\nb',
    '$(id)',
  ]);
  const broken = await send('PUT', at, { lines: 'NEW_ONE=1\nno assignment hunter2\nPATH=x' });
  expect(broken.body.error).toMatchObject({
    code: 'bad_request',
    message: expect.stringMatching(/line 2.*line 3/),
  });
  expect(broken.body.error?.message).not.toContain('hunter2');
  expect(byName(await list(at), 'NEW_ONE')).toBeUndefined();
});

test.each([
  [{ values: { 'A=B': 'hunter2' } }, /is not a name for a variable/],
  [{ values: { '1A': 'hunter2' } }, /is not a name for a variable/],
  [{ values: { '': 'hunter2' } }, /is not a name for a variable/],
  [{ values: { PATH: 'hunter2' } }, /"PATH" steers the machine/],
  [{ values: { LD_PRELOAD: 'hunter2' } }, /steers the machine/],
  [{ values: { NODE_OPTIONS: 'hunter2' } }, /steers the machine/],
  [{ values: { DOCKER_HOST: 'hunter2' } }, /steers the machine/],
  [{ values: { GITHUB_TOKEN: 'hunter2' } }, /steers the machine/],
  [{ values: { ACTIONS_X: 'hunter2' } }, /steers the machine/],
  [{ values: { PREVIEW_URL: 'hunter2' } }, /is set by every preview itself/],
  [{ values: { NUL: 'hunter2\0' } }, /holds a NUL character/],
  [{ values: { LARGE: 'hunter2'.repeat(10_000) } }, /is larger than 64 KiB/],
  [{ values: { Twin: 'hunter2', TWIN: 'x' } }, /differs from TWIN only in capitals/],
  [
    { values: Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`V${at}`, 'x'])) },
    /at most 200 fit/,
  ],
  [{ values: { A: { $gt: '' } } }, /values\.A/],
  [{ values: { A: 'x' }, layer: 'target' }, /needs to know which target/],
  [{ values: { A: 'x' }, layer: 'project', target: 'static' }, /The layer "project" has no target/],
  [{ values: { A: 'x' }, layer: 'org' }, /Use \/api\/v1\/organizations/],
  [{ values: { A: 'x' }, layer: 'class', class: 'test' }, /class/],
  [{ values: { A: 'x' }, layer: 'pull-request', pullRequest: -1 }, /pullRequest/],
  [{ values: { A: 'x' }, lines: 'A=x' }, /either "values" or "lines"/],
  [{}, /either "values" or "lines"/],
  [{ values: {}, scope: 'x' }, /scope/],
])('what cannot be set is refused with the name and never with the value (%#)', async (body, message) => {
  for (const kind of ['variables', 'secrets']) {
    const { status, body: answer } = await send('PUT', `projects/${project}/${kind}`, body);
    expect(status).toBe(400);
    expect(answer.error?.message).toMatch(message);
    expect(answer.error?.message).not.toContain('hunter2');
  }
});

test('a name is a variable or a secret, and an empty secret is none', async () => {
  const id = await projectNamed('kinds');
  await send('PUT', `projects/${id}/variables`, { values: { PLAIN: 'x' } });
  await send('PUT', `projects/${id}/secrets`, { values: { HIDDEN: 'some secret' } });
  const asSecret = await send('PUT', `projects/${id}/secrets`, { values: { PLAIN: 'x' } });
  expect(asSecret.body.error).toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('PLAIN is a variable'),
  });
  const asVariable = await send('PUT', `projects/${id}/variables`, { values: { HIDDEN: 'x' } });
  expect(asVariable.body.error).toMatchObject({
    code: 'conflict',
    message: expect.stringContaining('HIDDEN is a secret'),
  });
  const twin = await send('PUT', `projects/${id}/variables`, { values: { hidden: 'x' } });
  expect(twin.body.error?.message).toContain('differs from HIDDEN only in capitals');
  const empty = await send('PUT', `projects/${id}/secrets`, { values: { NOTHING: '' } });
  expect(empty.body.error?.message).toContain('"NOTHING" is empty; delete it instead');
});

test('what is stored in a layer comes in pages', async () => {
  const id = await projectNamed('pages');
  const values = Object.fromEntries(Array.from({ length: 5 }, (_, at) => [`V${at}`, String(at)]));
  await send('PUT', `projects/${id}/variables`, { values });
  const names: unknown[] = [];
  let cursor: string | null | undefined;
  do {
    const after = cursor ? `&cursor=${cursor}` : '';
    const { body } = await send('GET', `projects/${id}/variables?layer=project&limit=2${after}`);
    names.push(...(body.items ?? []).map((item) => item['name']));
    cursor = body.nextCursor;
  } while (cursor);
  expect(names).toEqual(Object.keys(values));
});

test('a project that is not there has no variables', async () => {
  const nowhere = `projects/${'f'.repeat(24)}`;
  const calls = [
    ['GET', `${nowhere}/variables`, undefined],
    ['GET', `${nowhere}/secrets?layer=project`, undefined],
    ['PUT', `${nowhere}/variables`, { values: { A: 'x' } }],
    ['PUT', `${nowhere}/secrets`, { values: { A: 'x' } }],
    ['DELETE', `${nowhere}/secrets/A`, undefined],
  ] as const;
  for (const [method, path, body] of calls)
    expect((await send(method, path, body)).body.error?.message).toBe('There is no such project.');
});

test('every change is in the audit log with the names, and never with a value', async () => {
  const id = await projectNamed('audit');
  recorded.length = 0;
  await send('PUT', `projects/${id}/secrets`, { values: { ONE: 'hunter2 hunter2', TWO: 'x2x2x2' } });
  await send('DELETE', `projects/${id}/secrets/ONE`);
  await send('PUT', `organizations/${OWNER}/variables`, { values: { AUDITED: 'hunter2' } });
  await send('DELETE', `organizations/${OWNER}/variables/AUDITED`);
  expect(recorded).toEqual([
    { actor: 'tests', action: 'secret.set', subject: `project:${id}`, detail: 'ONE, TWO' },
    { actor: 'tests', action: 'secret.delete', subject: `project:${id}`, detail: 'ONE' },
    { actor: 'tests', action: 'variable.set', subject: `org:${OWNER}`, detail: 'AUDITED' },
    { actor: 'tests', action: 'variable.delete', subject: `org:${OWNER}`, detail: 'AUDITED' },
  ]);
});

test('the keys are listed with the number of documents that need each', async () => {
  const { body } = await send('GET', 'secrets/keys');
  const counted = await app.ports.sealed[0]?.countByKey();
  const [id, documents] = [...(counted ?? [])][0] ?? [];
  expect(body).toEqual({ items: [{ id, current: true, known: true, documents }], nextCursor: null });
});
