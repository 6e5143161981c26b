import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import nock from 'nock';
import { createGitHub, createViews } from '../../../../app/github/create-github.js';
import { appKey } from '../../../support/run-keys.js';

const API = 'https://github.test';
const PATH = '/repos/acme/hello/contents/.github/preview.yml';
const repo = { installationId: 9, repoId: 42, fullName: 'acme/hello' };

const side = () =>
  createGitHub({
    auth: { appId: 1, privateKey: appKey() },
    apiUrl: API,
    userAgent: 'vitrine/test',
    log: () => undefined,
    clock: { now: () => new Date() },
    views: createViews(),
    readPausesMs: [],
  });

function github() {
  const expires_at = new Date(Date.now() + 3_600_000).toISOString();
  return nock(API).post('/app/installations/9/access_tokens').reply(201, { token: 'ghs_x', expires_at });
}

const file = (text: string | Buffer, changes: object = {}) => ({
  type: 'file',
  encoding: 'base64',
  size: Buffer.byteLength(text),
  content: Buffer.from(text)
    .toString('base64')
    .replace(/(.{60})/g, '$1\n'),
  ...changes,
});

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});
// The module of Node that it patched is shared with the next test file.
afterAll(() => nock.restore());

test('without a commit it is the file of the branch that GitHub calls the default one', async () => {
  const { github: reads } = side();
  github()
    .get(PATH)
    .query((query) => Object.keys(query).length === 0)
    .reply(200, file('a: 1'));
  expect(await reads.settingsFile(repo, { sha: null })).toEqual({ kind: 'file', file: 'a: 1', etag: null });
});

test('pull requests that arrive together in a new repository ask GitHub once for its settings and for each person', async () => {
  const { github: reads } = side();
  const answer = { permission: 'write', role_name: 'write' };
  github()
    .get(PATH)
    .reply(200, file('a: 1'))
    .get('/repos/acme/hello/collaborators/octocat/permission')
    .reply(200, answer);
  const all = Array.from({ length: 5 }, () =>
    Promise.all([reads.settingsFile(repo, { sha: null }), reads.permission(repo, 'octocat')]),
  );
  for (const [settings, permission] of await Promise.all(all)) {
    expect(settings).toMatchObject({ file: 'a: 1' });
    expect(permission).toBe('write');
  }
  expect(nock.isDone()).toBe(true);
});

test('a file that is known is not sent again while it is unchanged', async () => {
  const { github: reads } = side();
  const text = 'café: ✓\n'.repeat(50);
  github()
    .get(PATH)
    .reply(200, file(text), { etag: '"abc"' })
    .get(PATH)
    .matchHeader('if-none-match', '"abc"')
    .reply(304);
  expect(await reads.settingsFile(repo, { sha: null })).toEqual({ kind: 'file', file: text, etag: '"abc"' });
  expect(await reads.settingsFile(repo, { sha: null, etag: '"abc"' })).toEqual({ kind: 'unchanged' });
  expect(nock.isDone()).toBe(true);
});

test('of settings that are too long to be read, not all is kept', async () => {
  const { github: reads } = side();
  github()
    .get(PATH)
    .query(true)
    .reply(200, file('#'.repeat(900_000)));
  const answer = await reads.settingsFile(repo, { sha: null });
  expect(answer).toMatchObject({ kind: 'file', file: expect.stringMatching(/^#{33000}$/) as unknown });
});

test('where no file was known, one that is not found is absent', async () => {
  const { github: reads } = side();
  github().get(PATH).reply(404, {});
  expect(await reads.settingsFile(repo, { sha: null })).toEqual({ kind: 'absent' });
  expect(nock.isDone()).toBe(true);
});

const FOLDER = PATH.replace('/preview.yml', '');
const ROOT = '/repos/acme/hello/git/trees/HEAD';
const tree = (...paths: string[]) => ({ tree: paths.map((path) => ({ path })), truncated: false });
const entry = (name: string) => ({ type: 'file', name });
const expected = { sha: null, expected: true } as const;

test.each([
  [
    'its folder',
    () =>
      github()
        .get(PATH)
        .reply(404, {})
        .get(FOLDER)
        .reply(200, [entry('CODEOWNERS')]),
  ],
  [
    'the repository',
    () =>
      github().get(PATH).reply(404, {}).get(FOLDER).reply(404, {}).get(ROOT).reply(200, tree('README.md')),
  ],
])('a file that was there is believed to be gone when the list of %s shows it', async (_what, answers) => {
  const { github: reads } = side();
  answers();
  expect(await reads.settingsFile(repo, expected)).toEqual({ kind: 'absent' });
  expect(nock.isDone()).toBe(true);
});

test.each([
  [
    'its folder still lists it',
    () =>
      github()
        .get(PATH)
        .reply(404, {})
        .get(FOLDER)
        .reply(200, [entry('preview.yml')]),
  ],
  [
    'nothing is found at all',
    () => github().get(PATH).reply(404, {}).get(FOLDER).reply(404, {}).get(ROOT).reply(404, {}),
  ],
  [
    'only its folder is not found',
    () => github().get(PATH).reply(404, {}).get(FOLDER).reply(404, {}).get(ROOT).reply(200, tree('.github')),
  ],
])('a file that was there is asked for again later when %s', async (_what, answers) => {
  const { github: reads } = side();
  answers();
  await expect(reads.settingsFile(repo, expected)).rejects.toMatchObject({ kind: 'ambiguous' });
});

test.each([
  ['a symbolic link', { type: 'symlink', target: '/etc/passwd', size: 11 }],
  ['a submodule', { type: 'submodule', submodule_git_url: 'https://evil.example/x.git', size: 0 }],
  ['a folder', [{ type: 'file', name: 'x' }]],
  ['longer than a megabyte', file('x', { size: 1_048_577 })],
  ['so long that GitHub leaves it out', { type: 'file', encoding: 'none', size: 5_000_000, content: '' }],
  ['not text', file(Buffer.from([0xff, 0xfe, 0x41, 0x00]))],
])('settings that are %s are a mistake that somebody can mend, not an error', async (_what, answer) => {
  const { github: reads } = side();
  github().get(PATH).query(true).reply(200, answer);
  expect(await reads.settingsFile(repo, { sha: 'main' })).toMatchObject({
    file: { problem: expect.stringMatching(/^must be /) as unknown },
  });
});

test.each([
  ['HTML', '<html>Welcome</html>', 'text/html'],
  ['null', 'null', 'application/json'],
  ['an object without fields', '{}', 'application/json'],
  ['another object', '{"message": "hello"}', 'application/json'],
  ['a list of something else', '[1, 2]', 'application/json'],
  ['a file without content', '{"type": "file", "encoding": "base64", "size": 3}', 'application/json'],
  ['half of it', '{"type": "file", "enc', 'application/json'],
])(
  'an answer that is %s says nothing about the file: it is asked for again later',
  async (_what, body, type) => {
    const { github: reads } = side();
    github().get(PATH).query(true).reply(200, body, { 'content-type': type });
    await expect(reads.settingsFile(repo, { sha: null })).rejects.toMatchObject({ kind: 'ambiguous' });
  },
);

test('a list of changed files that GitHub would cut is no list', async () => {
  const { github: reads } = side();
  const page = Array.from({ length: 100 }, (_, index) => ({ filename: `f${index}` }));
  github().get('/repos/acme/hello/pulls/1/files').query(true).times(30).reply(200, page);
  expect(await reads.changedFiles(repo, 1)).toBeUndefined();
  expect(nock.isDone()).toBe(true);
});

test('both names of a moved file count', async () => {
  const { github: reads } = side();
  github()
    .get('/repos/acme/hello/pulls/1/files')
    .query(true)
    .reply(200, [{ filename: 'b', previous_filename: 'a' }]);
  expect(await reads.changedFiles(repo, 1)).toEqual(['b', 'a']);
});

test.each([
  [{ permission: 'write', role_name: 'maintain' }, 'maintain'],
  [{ permission: 'read', role_name: 'triage' }, 'triage'],
  [{ permission: 'write', role_name: 'release-manager' }, 'write'],
  [{ permission: 'none', role_name: 'none' }, 'none'],
  [{ permission: 'owner' }, undefined],
])('%j is understood as %s', async (answer, expected) => {
  const { github: reads } = side();
  github().get('/repos/acme/hello/collaborators/octocat/permission').reply(200, answer);
  expect(await reads.permission(repo, 'octocat')).toBe(expected);
});

test('half an answer is no answer', async () => {
  const { github: reads } = side();
  github()
    .get(PATH.replace(/contents.*/, 'pulls/1'))
    .reply(200, '{"number": 1, "tit', { 'content-type': 'application/json' });
  await expect(reads.pullRequest(repo, 1)).rejects.toMatchObject({ kind: 'ambiguous' });
});

test('an open pull request that cannot be read hides no other', async () => {
  const { github: reads } = side();
  const sides = { ref: 'x', sha: 'a'.repeat(40), repo: { id: 42 } };
  const good = {
    number: 2,
    title: '',
    state: 'open',
    user: null,
    head: { ...sides, repo: null },
    base: sides,
    updated_at: '2026-01-01T00:00:00Z',
    html_url: 'https://github.test/acme/hello/pull/2',
  };
  github()
    .get('/repos/acme/hello/pulls')
    .query(true)
    .reply(200, [{ number: 1 }, { ...good, head: { ...sides, ref: 'a..b' } }, good]);
  const open = await reads.openPullRequests(repo);
  expect(open).toHaveLength(1);
  expect(open[0]).toMatchObject({ number: 2, author: { login: 'ghost' }, head: { repoId: null } });
});
