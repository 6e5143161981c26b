import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hashToken } from '../../../src/people/api-token.js';
import { appendRuntimeLogs } from '../../../src/deployments/logs/append.js';
import { collectWords } from '../../../src/deployments/logs/search.js';
import { DEPLOYMENT_STATUS } from '../../../src/shared/status/words.js';
import { newDeployment } from '../../support/builders.js';
import { startApp, type TestApp } from '../../support/start-app.js';

interface Line {
  readonly number: number;
  readonly type: string;
  readonly text: string;
}
interface Found {
  readonly line: Line;
  readonly before: readonly Line[];
  readonly after: readonly Line[];
}

let app: TestApp;
let ids = 0;

beforeAll(async () => {
  app = await startApp();
});
afterAll(async () => {
  await app.close();
});

/** A deployment with the token of its run. */
async function deployment(changes: Parameters<typeof newDeployment>[0] = {}) {
  ids += 1;
  const id = ids.toString(16).padStart(24, '0');
  const run = { id: String(ids), attempt: 1, job: 'preview' };
  await app.ports.deployments.ensure(newDeployment({ id, run, ...changes }));
  const token = `vtr_${id}`;
  const scope = { kind: 'run', deploymentId: id, repoId: 1 } as const;
  await app.ports.tokens.issue({ hash: hashToken(token), scope, expiresAt: null });
  return { id, token, path: `/api/v1/deployments/${id}` };
}

type Made = Awaited<ReturnType<typeof deployment>>;

const at = '2026-11-28T10:00:00.000Z';

async function append({ path, token }: Made, seq: number, lines: readonly (string | object)[]) {
  const body = lines.map((line) =>
    typeof line === 'string' ? { at, stage: 'building', level: 'info', text: line } : line,
  );
  const response = await app.api(`${path}/logs`, {
    method: 'POST',
    token,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ seq, lines: body }),
  });
  return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
}

async function read<T>(path: string): Promise<T> {
  const response = await app.api(path);
  const body = (await response.json()) as T;
  expect({ status: response.status, body }).toMatchObject({ status: 200 });
  return body;
}

const linesAt = async (path: string) => (await read<{ items: readonly Line[] }>(path)).items;
const textsAt = async (path: string) => (await linesAt(path)).map(({ number, text }) => `${number} ${text}`);

test('a batch is answered with where the log stands, and sent again it adds nothing', async () => {
  const made = await deployment();
  const first = { status: 202, answer: { stored: true, repeated: false, lines: 2 } };
  expect(await append(made, 0, ['a', 'b'])).toEqual(first);
  expect(await append(made, 0, ['a', 'b'])).toEqual({
    ...first,
    answer: { ...first.answer, repeated: true },
  });
  expect((await append(made, 1, ['c'])).answer).toEqual({ stored: true, repeated: false, lines: 3 });
  expect(await linesAt(`${made.path}/logs`)).toEqual(
    ['a', 'b', 'c'].map((text, index) => ({
      number: index + 1,
      at,
      type: 'build',
      stage: 'building',
      level: 'info',
      text,
    })),
  );
  expect((await append(await deployment(), 0, [])).status).toBe(400);
});

test('pages follow each other, begin at any line, and hold what a filter asks for', async () => {
  const made = await deployment();
  await append(made, 0, [
    'one',
    { at, stage: 'deploying', level: 'error', text: 'two' },
    { at, stage: '', level: 'info', type: 'system', text: 'three' },
    'four',
  ]);
  const logs = `${made.path}/logs`;
  const first = await read<{ items: Line[]; nextCursor: string }>(`${logs}?limit=3`);
  expect(first).toMatchObject({ nextCursor: '3', lines: 4, over: false });
  expect(await textsAt(`${logs}?limit=3&cursor=${first.nextCursor}`)).toEqual(['4 four']);
  expect(await textsAt(`${logs}?from=3`)).toEqual(['3 three', '4 four']);
  expect(await textsAt(`${logs}?type=deploy`)).toEqual(['2 two']);
  expect(await textsAt(`${logs}?type=system`)).toEqual(['3 three']);
  expect(await textsAt(`${logs}?level=error`)).toEqual(['2 two']);
  for (const wrong of ['limit=0', 'limit=1e3', 'cursor=x', 'type=gossip', 'level=all', 'q=x', 'from=-1'])
    expect((await app.api(`${logs}?${wrong}`)).status).toBe(400);
});

test('colours are kept for display; what moves a cursor and earlier states of a progress bar are not', async () => {
  const made = await deployment();
  await append(made, 0, ['\u001b[31mred\u001b[0m\u001b[2J', '10%\r50%\r100%', 'x\n\nevent: done\ndata: {}']);
  expect(await textsAt(`${made.path}/logs`)).toEqual([
    '1 \u001b[31mred\u001b[0m',
    '2 100%',
    '3 x',
    '4 ',
    '5 event: done',
    '6 data: {}',
  ]);
});

test.each(['logs.txt', 'logs'])(
  '%s downloads as text, with or without times, and without colours',
  async (name) => {
    const made = await deployment();
    await append(made, 0, ['\u001b[31mred\u001b[0m', 'plain']);
    const headers = { accept: 'text/plain' };
    const response = await app.api(`${made.path}/${name}`, { headers });
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(response.headers.get('content-disposition')).toBe(
      `attachment; filename="deployment-aaaaaaa-${made.id}.log"`,
    );
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.text()).toBe('red\nplain\n');
    const timed = await app.api(`${made.path}/${name}?timestamps=true&level=info`, { headers });
    expect(await timed.text()).toBe(`${at} red\n${at} plain\n`);
    const head = await app.api(`${made.path}/${name}`, { method: 'HEAD', headers });
    expect([head.status, await head.text()]).toEqual([200, '']);
  },
);

test('a search finds plain text in any case, with the lines around it, also across batches', async () => {
  const made = await deployment();
  await append(made, 0, ['one', 'two', 'the \u001b[31mErr\u001b[0mor (.*)']);
  await append(made, 1, ['three', 'four', 'error', 'five']);
  const search = (query: string) =>
    read<{ items: readonly Found[]; nextCursor: string | null }>(`${made.path}/logs/search?${query}`);
  const texts = (lines: readonly Line[]) => lines.map(({ number }) => number);
  const all = await search('q=ERROR');
  expect(all.items.map(({ line, before, after }) => [texts(before), line.number, texts(after)])).toEqual([
    [[1, 2], 3, [4, 5]],
    [[4, 5], 6, [7]],
  ]);
  const first = await search('q=error&limit=1');
  expect([first.items.length, first.nextCursor]).toEqual([1, '3']);
  const next = await search(`q=error&limit=1&cursor=${first.nextCursor ?? ''}`);
  expect(next.items.map(({ line }) => line.number)).toEqual([6]);
  // Text, never a pattern.
  expect((await search('q=.*')).items.map(({ line }) => line.number)).toEqual([3]);
  expect((await search(`q=${encodeURIComponent('(a+)+$')}`)).items).toEqual([]);
  expect((await app.api(`${made.path}/logs/search?q=x`)).status).toBe(400);
});

test('the search of a project finds commit messages and logs, newest first, and nothing of other projects', async () => {
  const { id: projectId } = await app.ports.projects.ensure({
    ...{ repoId: 1, name: 'searched', slug: 'searched', fallbackSlug: 'searched-1' },
  });
  const other = await deployment();
  const [silent, older, newer] = [
    await deployment({ projectId, commitMessage: 'Mend the flux capacitor' }),
    await deployment({ projectId }),
    await deployment({ projectId }),
  ];
  await append(other, 0, ['the flux capacitor of another project']);
  await append(older, 0, ['begin', 'warning: flux capacitor is deprecated', 'end']);
  await append(newer, 0, ['nothing here']);
  const [deployed] = [await app.ports.deployments.get(newer.id)];
  if (!deployed) throw new Error('There is no deployment.');
  await app.ports.deployments.change(deployed, {
    status: DEPLOYMENT_STATUS.failed,
    completedAt: new Date(),
    error: 'flux',
    logTail: ['no capacitor'],
  });
  while ((await collectWords(app.ports)) > 0);
  const search = (q: string) =>
    read<{ items: readonly { deployment: { id: string }; inMessage: boolean; lines: readonly Found[] }[] }>(
      `/api/v1/projects/${projectId}/search?q=${encodeURIComponent(q)}`,
    );
  const { items } = await search('flux Capacitor');
  expect(items.map(({ deployment: { id }, inMessage }) => [id, inMessage])).toEqual([
    [older.id, false],
    [silent.id, true],
  ]);
  expect(items[0]?.lines.map(({ line }) => line.text)).toEqual(['warning: flux capacitor is deprecated']);
  expect((await search('capacitor flux')).items).toEqual([]);
  expect((await search('"-flux $where')).items).toEqual([]);
  expect((await search('..')).items).toEqual([]);
});

test('a runtime log is read, filtered and downloaded like the other one', async () => {
  const made = await deployment();
  const line = { at: new Date(at), level: 'info', text: 'listening' } as const;
  const batch = { deploymentId: made.id, source: 'docker', writer: 'c0ffee', batch: 0 } as const;
  for (let times = 0; times < 2; times += 1)
    await appendRuntimeLogs(app.ports, {
      ...batch,
      lines: [line, { ...line, level: 'error', text: 'crash' }],
    });
  expect(await linesAt(`${made.path}/runtime-logs`)).toMatchObject([
    { number: 1, type: 'runtime', stage: '', text: 'listening' },
    { number: 2, type: 'runtime', text: 'crash' },
  ]);
  expect(await textsAt(`${made.path}/runtime-logs?level=error`)).toEqual(['2 crash']);
  expect(await (await app.api(`${made.path}/runtime-logs.txt`)).text()).toBe('listening\ncrash\n');
  const found = await read<{ items: Found[] }>(`${made.path}/runtime-logs/search?q=crash`);
  expect(found.items).toHaveLength(1);
  expect(await linesAt(`${made.path}/logs`)).toEqual([]);
});

test('health checks are listed, newest first', async () => {
  const made = await deployment();
  const check = { deploymentId: made.id, environmentId: 'e'.repeat(24), url: 'https://example.com/' };
  const found = { httpStatus: 200, latencyMs: 12, live: true, detail: null, checkedAt: new Date(at) };
  for (const id of ['a', 'b', 'c'])
    await app.ports.healthChecks.add({ id: id.repeat(24), ...check, ...found });
  const first = await read<{ items: object[]; nextCursor: string }>(`${made.path}/health-checks?limit=2`);
  expect(first.items).toMatchObject([
    { id: 'c'.repeat(24), ...found, checkedAt: at },
    { id: 'b'.repeat(24) },
  ]);
  const rest = await read<{ items: object[] }>(`${made.path}/health-checks?cursor=${first.nextCursor}`);
  expect(rest.items).toMatchObject([{ id: 'a'.repeat(24) }]);
});

test('lines pass the redaction before they are stored', async () => {
  const redacting = await startApp({
    around: {
      redaction: () => ({
        redactLines: async ({ projectId }, lines) =>
          lines.map((line) => ({ ...line, text: line.text.replaceAll('hunter2', `*** of ${projectId}`) })),
      }),
    },
  });
  try {
    const id = 'f'.repeat(24);
    await redacting.ports.deployments.ensure(newDeployment({ id, projectId: 'p' }));
    const lines = [{ at: new Date(at), level: 'info', text: 'the hunter2' }] as const;
    const batch = { deploymentId: id, source: 'system', writer: 'w', batch: 0, lines } as const;
    await appendRuntimeLogs(redacting.ports, batch);
    const response = await redacting.api(`/api/v1/deployments/${id}/runtime-logs.txt`);
    expect(await response.text()).toBe('the *** of p\n');
  } finally {
    await redacting.close();
  }
});

test('there is no log of a deployment that does not exist', async () => {
  const path = `/api/v1/deployments/${'9'.repeat(24)}`;
  for (const name of ['logs', 'logs.txt', 'logs/search?q=xx', 'runtime-logs', 'health-checks'])
    expect((await app.api(`${path}/${name}`)).status).toBe(404);
  expect((await app.api(`/api/v1/projects/${'9'.repeat(24)}/search?q=xx`)).status).toBe(404);
});
