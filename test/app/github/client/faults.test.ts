import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Fault } from '../../../../demo/github/gateway/faults.js';
import type { SentReport } from '../../../../src/reports/reporter.js';
import { SCENES, commentOf } from '../report/scenes.js';
import { startStage, type Stage } from '../stage.js';

const BEGUN: SentReport = { id: null, digest: '' };
let stage: Stage;

beforeEach(async () => {
  stage = await startStage({ frozen: true, side: { timeoutMs: 3_000 } });
  // The first answer of a fresh emulator takes long: not what is measured here.
  await stage.github.permission(stage.repo, 'stranger');
  stage.emulated.forgetRequests();
});
afterEach(() => stage.close());

const scene = SCENES['ready'] as NonNullable<(typeof SCENES)[string]>;
const report = (project = 'hello') => ({
  ...commentOf({ ...scene, environment: { ...scene.environment, project } }),
  number: stage.number,
});
const comments = () => stage.emulated.requests({ method: 'POST', path: /\/comments$/ });
const seen = async () =>
  (await stage.octokit.rest.issues.listComments({ owner: 'acme', repo: 'hello', issue_number: stage.number }))
    .data;

type Broken = [string, Omit<Fault, 'path'>, object];

test.each<Broken>([
  ['500', { kind: 'status', status: 500 }, { kind: 'ambiguous' }],
  ['502 after it was done', { kind: 'apply-then-502' }, { kind: 'ambiguous' }],
  ['a reset', { kind: 'reset' }, { kind: 'ambiguous' }],
  ['a reset after it was done', { kind: 'apply-then-reset' }, { kind: 'ambiguous' }],
  ['silence', { kind: 'hang' }, { kind: 'ambiguous' }],
  ['silence after it was done', { kind: 'apply-then-hang' }, { kind: 'ambiguous' }],
  ['404', { kind: 'status', status: 404 }, { kind: 'gone' }],
  ['410', { kind: 'status', status: 410 }, { kind: 'gone' }],
  ['422', { kind: 'status', status: 422 }, { kind: 'poison' }],
  ['403 without a limit', { kind: 'status', status: 403 }, { kind: 'unauthorized' }],
])('after %s on a new comment the next try ends with exactly one', async (_what, fault, failure) => {
  stage.emulated.fail({ method: 'POST', path: /\/comments$/, ...fault });
  await expect(stage.reporter.comment(stage.repo, report(), null)).rejects.toMatchObject(failure);
  // A write is never sent again by itself.
  expect(comments()).toHaveLength(1);
  const told = await stage.reporter.comment(stage.repo, report(), BEGUN);
  expect((await seen()).map(({ id }) => id)).toEqual([told.id]);
});

test.each<[string, Omit<Fault, 'path'>, number]>([
  ['403 with retry-after', { kind: 'status', status: 403, headers: { 'retry-after': '7' } }, 8_000],
  ['429 with retry-after', { kind: 'status', status: 429, headers: { 'retry-after': '90' } }, 91_000],
  ['a secondary limit', { kind: 'secondary-limit', retryAfter: 30 }, 31_000],
  ['the primary limit', { kind: 'primary-limit', retryAfter: 120 }, 121_000],
  ['429 without a time', { kind: 'status', status: 429 }, 60_000],
])('%s stops the whole installation until its time has come', async (_what, fault, pauseMs) => {
  stage.emulated.fail({ method: 'POST', path: /\/comments$/, ...fault });
  const refused = await stage.reporter.comment(stage.repo, report(), null).catch((error: unknown) => error);
  expect(refused).toMatchObject({ kind: 'retry' });
  const { retryInMs = 0 } = refused as { retryInMs?: number };
  expect(retryInMs).toBeGreaterThan(pauseMs - 2_500);
  expect(retryInMs).toBeLessThanOrEqual(pauseMs + 1_000);
  const sent = stage.emulated.requests().length;
  stage.advance(retryInMs - 6_000);
  await expect(stage.github.permission(stage.repo, 'octocat')).rejects.toMatchObject({ kind: 'retry' });
  expect(stage.emulated.requests()).toHaveLength(sent);
  stage.advance(6_000);
  await stage.reporter.comment(stage.repo, report(), BEGUN);
  expect(await seen()).toHaveLength(1);
});

test('refusals in a row that name no time double the pause, and a success ends the row', async () => {
  const pauses: unknown[] = [];
  stage.emulated.fail({ method: 'POST', path: /\/comments$/, kind: 'status', status: 429, times: 3 });
  for (let count = 0; count < 3; count += 1) {
    await stage.reporter.comment(stage.repo, report(), null).catch((error: { retryInMs: number }) => {
      pauses.push(error.retryInMs);
      stage.advance(error.retryInMs);
    });
  }
  expect(pauses).toEqual([60_000, 120_000, 240_000]);
  await stage.reporter.comment(stage.repo, report(), null);
  stage.emulated.fail({ path: /\/comments/, kind: 'status', status: 429 });
  await expect(stage.reporter.comment(stage.repo, report('docs'), BEGUN)).rejects.toMatchObject({
    retryInMs: 60_000,
  });
});

test('a read is tried again after what passes, and no more than twice', async () => {
  stage.emulated.fail({ method: 'GET', path: /\/permission$/, kind: 'status', status: 502, times: 2 });
  expect(await stage.github.permission(stage.repo, 'octocat')).toBe('admin');
  stage.emulated.fail({ method: 'GET', path: /\/permission$/, kind: 'status', status: 503, times: 3 });
  await expect(stage.github.permission(stage.repo, 'octocat')).rejects.toMatchObject({ kind: 'ambiguous' });
  expect(stage.emulated.requests({ path: /\/permission$/ })).toHaveLength(6);
});

test('a token that GitHub withdrew is replaced, and the write is sent once more with the new one', async () => {
  const first = await stage.reporter.comment(stage.repo, report(), null);
  stage.emulated.fail({ method: 'PATCH', path: /\/comments/, kind: 'status', status: 401 });
  const second = await stage.reporter.comment(stage.repo, report('docs'), first);
  expect(second.id).toBe(first.id);
  expect(stage.emulated.requests({ path: /access_tokens$/, method: 'POST' })).toHaveLength(1);
  stage.emulated.fail({ method: 'PATCH', path: /\/comments/, kind: 'status', status: 401, times: 2 });
  await expect(stage.reporter.comment(stage.repo, report('shop'), second)).rejects.toMatchObject({
    kind: 'ambiguous',
  });
});

test('a permission that the owner has not accepted is told apart from a bad request', async () => {
  stage.forgetInstallation(stage.repo.installationId);
  stage.emulated.fail({ path: /access_tokens$/, kind: 'status', status: 422 });
  await expect(stage.reporter.comment(stage.repo, report(), null)).rejects.toMatchObject({
    kind: 'unauthorized',
    message: expect.stringContaining('must accept') as unknown,
  });
});

test('an installation that GitHub denies is no answer about a file: it does not count as missing', async () => {
  stage.forgetInstallation(stage.repo.installationId);
  stage.emulated.fail({ path: /access_tokens$/, kind: 'status', status: 404 });
  await expect(stage.github.settingsFile(stage.repo, { sha: null })).rejects.toMatchObject({
    kind: 'unauthorized',
    message: expect.stringContaining('Is the App still installed there?') as unknown,
  });
});

test('no error shows a token or the key', async () => {
  stage.emulated.fail({ method: 'POST', path: /\/comments$/, kind: 'status', status: 422 });
  const error = await stage.reporter.comment(stage.repo, report(), null).catch((caught: unknown) => caught);
  const shown =
    JSON.stringify(error, Object.getOwnPropertyNames(error)) +
    String((error as Error).cause) +
    JSON.stringify((error as Error).cause);
  expect(shown).not.toMatch(/ghs_\w|BEGIN|eyJ/);
});
