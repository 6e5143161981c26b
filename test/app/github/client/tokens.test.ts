import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PERMISSIONS } from '../../../../app/github/client/tokens.js';
import { until } from '../../../contracts/until.js';
import { SCENES, commentOf } from '../report/scenes.js';
import { startStage, type Stage } from '../stage.js';

const MINUTE = 60_000;
const scene = SCENES['ready'] as NonNullable<(typeof SCENES)[string]>;
let stage: Stage;
/** Lets the late answers of GitHub go. */
let letGo: () => void;

beforeEach(async () => {
  const gate = new Promise<void>((resolve) => (letGo = resolve));
  stage = await startStage({ emulator: { delay: () => gate } });
});
afterEach(() => {
  letGo();
  return stage.close();
});

const minted = () => stage.emulated.requests({ path: /access_tokens$/ });
/** Renewals happen beside the requests of callers. */
const answered = (index: number, status: number) =>
  until(() => Promise.resolve(minted()[index]?.status === status ? true : null));
const read = () => stage.github.permission(stage.repo, 'octocat');

test('every token is for one repository and no more than the call needs', async () => {
  await read();
  await stage.reporter.commitStatus(
    stage.repo,
    { sha: stage.sha, context: 'preview', state: 'pending', description: '', targetUrl: null },
    null,
  );
  await stage.github.repository('acme/hello');
  expect(minted().map(({ body }) => body)).toEqual([
    { repository_ids: [stage.repo.repoId], permissions: PERMISSIONS.report },
    { repository_ids: [stage.repo.repoId], permissions: PERMISSIONS.status },
    { repositories: ['hello'], permissions: PERMISSIONS.read },
  ]);
});

test('callers at the same time share one token', async () => {
  await Promise.all(Array.from({ length: 12 }, read));
  expect(minted()).toHaveLength(1);
});

test('reading and reporting share one token, and while the owner has not accepted what a report needs, reading has its own', async () => {
  await read();
  await stage.reporter.comment(stage.repo, { ...commentOf(scene), number: stage.number }, null);
  expect(minted()).toHaveLength(1);
  stage.forgetInstallation(stage.repo.installationId);
  stage.emulated.fail({ path: /access_tokens$/, kind: 'status', status: 422 });
  expect(await read()).toBe('admin');
  expect(await read()).toBe('admin');
  expect(minted().map(({ body }) => (body as { permissions: unknown }).permissions)).toEqual([
    PERMISSIONS.report,
    PERMISSIONS.report,
    PERMISSIONS.read,
  ]);
});

test('the token of a report that will come is fetched ahead; a failure to do so is not noticed', async () => {
  stage.emulated.fail({ path: /access_tokens$/, kind: 'status', status: 502 });
  await until(() => {
    stage.prepareReport(stage.repo);
    return Promise.resolve(minted()[1] ? true : null);
  });
  await stage.reporter.comment(stage.repo, { ...commentOf(scene), number: stage.number }, null);
  expect(minted().map(({ body }) => body)).toEqual(
    Array.from({ length: 2 }, () => ({
      repository_ids: [stage.repo.repoId],
      permissions: PERMISSIONS.report,
    })),
  );
});

test('a token is renewed before it ends, while the old one still serves', async () => {
  await read();
  stage.advance(41 * MINUTE);
  stage.emulated.fail({ path: /access_tokens$/, kind: 'latency' });
  await read();
  const renewal = await until(() => Promise.resolve(minted()[1] ?? null));
  // The read did not wait for it.
  expect(renewal.status).toBeUndefined();
  letGo();
  await answered(1, 201);
  await read();
  expect(minted()).toHaveLength(2);
});

test('a renewal that fails is not noticed while the old token is good, and tried again', async () => {
  await read();
  stage.advance(41 * MINUTE);
  stage.emulated.fail({ path: /access_tokens$/, kind: 'status', status: 502 });
  expect(await read()).toBe('admin');
  await answered(1, 502);
  // Every call that comes tries again, and none of them fails.
  await until(async () => {
    expect(await read()).toBe('admin');
    return minted()[2]?.status === 201 ? true : null;
  });
});

test('no token is used for longer than 50 minutes', async () => {
  await read();
  stage.advance(51 * MINUTE);
  stage.emulated.fail({ path: /access_tokens$/, kind: 'status', status: 403 });
  // GitHub's refusal means that nothing is known, and callers fail closed.
  expect(await read()).toBeUndefined();
});

test('the tokens of a removed installation are dropped', async () => {
  await read();
  stage.forgetInstallation(stage.repo.installationId);
  await read();
  expect(minted()).toHaveLength(2);
});
