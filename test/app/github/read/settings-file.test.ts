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
  expect(await reads.settingsFile(repo, null)).toBe('a: 1');
});

test('an unchanged file is not sent again', async () => {
  const { github: reads } = side();
  github()
    .get(PATH)
    .query({ ref: 'main' })
    .reply(200, file('café: ✓\n'.repeat(50)), { etag: '"abc"' })
    .get(PATH)
    .query({ ref: 'main' })
    .matchHeader('if-none-match', '"abc"')
    .reply(304);
  const first = await reads.settingsFile(repo, 'main');
  expect(first).toBe('café: ✓\n'.repeat(50));
  expect(await reads.settingsFile(repo, 'main')).toBe(first);
  expect(nock.isDone()).toBe(true);
});

test('what a commit holds is asked for once, because it never changes', async () => {
  const { github: reads } = side();
  const [sha, empty] = ['a'.repeat(40), 'b'.repeat(40)];
  github().get(PATH).query({ ref: sha }).reply(200, file('a: 1'), { etag: '"abc"' });
  for (let times = 0; times < 3; times += 1) expect(await reads.settingsFile(repo, sha)).toBe('a: 1');
  // GitHub may not know a commit yet that was pushed just now: that there is nothing is not kept.
  nock(API).get(PATH).query({ ref: empty }).reply(404, {});
  nock(API).get(PATH).query({ ref: empty }).reply(200, file('b: 2'));
  expect(await reads.settingsFile(repo, empty)).toBeUndefined();
  expect(await reads.settingsFile(repo, empty)).toBe('b: 2');
  expect(nock.isDone()).toBe(true);
});

test('long settings are not kept in memory', async () => {
  const { github: reads } = side();
  const long = '#'.repeat(33_000);
  github().get(PATH).query(true).times(2).reply(200, file(long), { etag: '"abc"' });
  for (let times = 0; times < 2; times += 1)
    expect(await reads.settingsFile(repo, 'a'.repeat(40))).toBe(long);
  expect(nock.isDone()).toBe(true);
});

test('a file that was deleted is not answered from memory', async () => {
  const { github: reads } = side();
  const query = { ref: 'main' };
  github().get(PATH).query(query).reply(200, file('a: 1'), { etag: '"abc"' });
  nock(API).get(PATH).query(query).reply(404, {});
  nock(API, { badheaders: ['if-none-match'] })
    .get(PATH)
    .query(query)
    .reply(200, file('b: 2'));
  expect(await reads.settingsFile(repo, 'main')).toBe('a: 1');
  expect(await reads.settingsFile(repo, 'main')).toBeUndefined();
  expect(await reads.settingsFile(repo, 'main')).toBe('b: 2');
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
  expect(await reads.settingsFile(repo, 'main')).toEqual({
    problem: expect.stringMatching(/^must be /) as unknown,
  });
});

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
