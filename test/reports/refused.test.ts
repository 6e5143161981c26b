import { expect, test } from '@jest/globals';
import { reconcileReport } from '../../src/reports/report.js';
import type { Reporter } from '../../src/reports/reporter.js';
import { GitHubFailure } from '../../src/repositories/github.js';
import { startReportStage } from './stage.js';

/** A reporter whose check is refused for good, and whose comment fails `failing` times. */
function unlucky(failing: number) {
  const asked: string[] = [];
  let comments = 0;
  const around = (reporter: Reporter): Partial<Reporter> => ({
    async check() {
      asked.push('check');
      throw new GitHubFailure('poison', '422: the title is too rude');
    },
    async comment(...told) {
      asked.push('comment');
      comments += 1;
      if (comments <= failing) throw new GitHubFailure('ambiguous', '502');
      return reporter.comment(...told);
    },
  });
  return { asked, around };
}

async function start(failing: number) {
  const stage = await startReportStage();
  const { asked, around } = unlucky(failing);
  const ports = stage.portsWith(around);
  /** One round; answers why it failed, as the kinds of its failures. */
  const round = async (): Promise<string[]> => {
    const claim = await stage.claim();
    const error = await reconcileReport(ports, claim).catch((thrown: unknown) => thrown);
    await ports.environments.release(claim, { retryInMs: 1, error: String(error) });
    const all: unknown[] = error instanceof AggregateError ? error.errors : [error];
    return all.filter((one) => one instanceof GitHubFailure).map(({ kind }) => kind);
  };
  return { stage, asked, round, [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose]() };
}

test('a part that failed is sent again although GitHub refused another for good, and the refused one is not', async () => {
  await using started = await start(1);
  const { stage, asked, round } = started;
  expect((await round()).sort()).toEqual(['ambiguous', 'poison']);
  expect(asked.splice(0).sort()).toEqual(['check', 'comment']);
  expect(await round()).toEqual(['poison']);
  expect(asked.splice(0)).toEqual(['comment']);
  expect((await stage.stored()).reported.comment?.id).toEqual(expect.any(Number));
});

test('when only refused parts are left, the next attempt sends them again', async () => {
  await using started = await start(0);
  const { asked, round } = started;
  expect(await round()).toEqual(['poison']);
  asked.splice(0);
  expect(await round()).toEqual(['poison']);
  expect(asked).toContain('check');
});

test('a change of the document sends refused parts again at once', async () => {
  await using started = await start(2);
  const { stage, asked, round } = started;
  await round();
  asked.splice(0);
  await stage.change({ error: 'changed' });
  await round();
  expect(asked.sort()).toEqual(['check', 'comment']);
});
