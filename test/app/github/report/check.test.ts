import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { CHECK, CONCLUSION } from '../../../../src/shared/status/github.js';
import { startStage, type Stage } from '../stage.js';
import { SCENES, SHA, checkOf } from './scenes.js';

let stage: Stage;

beforeAll(async () => {
  stage = await startStage();
});
beforeEach(() => stage.emulated.forgetRequests());
afterAll(() => stage.close());

const scene = SCENES['ready'] as NonNullable<(typeof SCENES)[string]>;
const report = (changes: object) => {
  const head = scene.environment.head && { ...scene.environment.head, sha: stage.sha };
  return checkOf({ ...scene, environment: { ...scene.environment, head } }, { sha: stage.sha, ...changes });
};
const bodies = () =>
  stage.emulated.requests({ path: /check-runs/ }).map(({ body }) => body as Record<string, unknown>);

test('a check is created with all its fields in one call', async () => {
  await stage.reporter.check(
    stage.repo,
    report({
      status: CHECK.completed,
      conclusion: CONCLUSION.success,
      title: 'Ready',
      detailsUrl: 'https://x.example',
    }),
    null,
  );
  expect(bodies()).toEqual([
    {
      name: 'Preview',
      head_sha: stage.sha,
      external_id: `vitrine:1:pr-7:hello:${SHA}:::`,
      status: CHECK.completed,
      conclusion: CONCLUSION.success,
      details_url: 'https://x.example',
      started_at: '2026-03-01T12:41:00.000Z',
      completed_at: '2026-03-01T12:42:12.000Z',
      output: {
        title: 'Ready in 1 min 12 s',
        summary: expect.stringContaining('pr-7-hello.preview.example.com') as unknown,
      },
    },
  ]);
});

test('an unfinished check has neither conclusion nor end', async () => {
  await stage.reporter.check(stage.repo, report({ status: CHECK.inProgress, conclusion: null }), null);
  expect(bodies()[0]).not.toHaveProperty('conclusion');
  expect(bodies()[0]).not.toHaveProperty('completed_at');
});

test('a completed check that is found again is not reopened: a new one is created', async () => {
  const externalId = 'vitrine:1:pr-7:found:::';
  const ended = await stage.reporter.check(
    stage.repo,
    report({ externalId, status: CHECK.completed, conclusion: CONCLUSION.success }),
    null,
  );
  const begun = { id: null, digest: '', sha: stage.sha, settled: false };
  const again = await stage.reporter.check(stage.repo, report({ externalId, status: CHECK.queued }), begun);
  expect(again.id).not.toBe(ended.id);
  expect(bodies().at(-1)).toMatchObject({ name: 'Preview', status: CHECK.queued });
});
