import { describe, expect, test } from '@jest/globals';
import { markerOf, renderComment } from '../../../action/report/comment.js';
import { resultOf } from '../../../action/result/result.js';
import { headline, renderSummary } from '../../../action/result/summary.js';
import { DEPLOYMENT_STATUS, ENVIRONMENT_STATUS, STAGE_STATUS } from '../../../src/shared/status/words.js';
import { HOSTILE_TEXTS } from '../../shared/hostile-texts.js';

const LOGS = 'https://github.example/runs/1';

test.each([
  [{ status: DEPLOYMENT_STATUS.success, reason: '' }, '**✅ Ready**'],
  [
    { status: DEPLOYMENT_STATUS.failed, reason: 'exit code 1', failedStage: 'building' },
    '**❌ Failed while building**: `exit code 1`',
  ],
  [{ status: DEPLOYMENT_STATUS.superseded, reason: 'Newer.' }, '**⏭️ Superseded**: `Newer.`'],
  [
    { status: ENVIRONMENT_STATUS.awaitingApproval, reason: 'By a stranger.' },
    '**✋ Awaiting approval**: `By a stranger.`',
  ],
  [{ status: STAGE_STATUS.skipped, reason: 'A draft.' }, '**ℹ️ Skipped**: `A draft.`'],
])('%j reads %s', (result, expected) => {
  expect(headline({ failedStage: null, cause: null, ...result })).toBe(expected);
});

test('the summary of a failure begins with its cause, shows it with its surroundings and folds the last lines', () => {
  const result = resultOf({
    status: DEPLOYMENT_STATUS.failed,
    reason: '"npm ci" ended with exit code 1.',
    failedStage: 'installing',
    cause: {
      line: 'Missing: left-pad@1.3.0',
      excerpt: ['npm error code EUSAGE', 'npm error Missing'],
      at: 1,
    },
    logTail: ['npm error [--no-fund]'],
  });
  expect(renderSummary(result, '')).toBe(`### Preview

**❌ Failed while installing**: \`Missing: left-pad@1.3.0\`

\`"npm ci" ended with exit code 1.\` The first error in its log:

\`\`\`text
npm error code EUSAGE
npm error Missing
\`\`\`

<details>
<summary>Last lines of the log</summary>

\`\`\`text
npm error [--no-fund]
\`\`\`

</details>
`);
});

test('the summary of a success names addresses, stages and times', () => {
  const stages = [
    {
      name: 'building' as const,
      status: STAGE_STATUS.completed,
      startedAt: '2030-01-01T00:00:00.000Z',
      completedAt: '2030-01-01T00:01:02.300Z',
      error: null,
    },
    {
      name: 'verifying' as const,
      status: STAGE_STATUS.skipped,
      startedAt: null,
      completedAt: null,
      error: null,
    },
  ];
  const result = resultOf({
    status: DEPLOYMENT_STATUS.success,
    reason: '',
    url: 'http://p',
    commitUrl: 'http://c',
    sha: '1234567890',
    expiresAt: '2030-01-08T00:12:44.907Z',
    notes: ['No index.html at the top.'],
    stages,
  });
  expect(renderSummary(result, LOGS)).toBe(`### Preview

**✅ Ready**

| | |
|---|---|
| Preview | <http://p> |
| This commit | <http://c> |
| Commit | \`1234567\` |
| Expires | 2030-01-08 00:12 UTC |
| Logs | <${LOGS}> |

| Stage | Result | Time |
|---|---|--:|
| Building | ✅ Done | 1 min 2 s |
| Verifying | ➖ Not reached |  |

- \`No index.html at the top.\`
`);
});

test('a row that has nothing to say is left out', () => {
  expect(renderSummary(resultOf({ status: DEPLOYMENT_STATUS.failed, reason: 'No.' }), '')).toBe(
    '### Preview\n\n**❌ Failed**: `No.`\n',
  );
});

describe.each(HOSTILE_TEXTS.map((text) => [text.slice(0, 40), text]))(
  'with a text that begins %j',
  (_start, text) => {
    const result = resultOf({
      status: DEPLOYMENT_STATUS.failed,
      reason: text,
      logTail: [text],
      cause: { line: text, excerpt: [text], at: 0 },
      failedStage: 'building',
    });

    test('nothing of it is read as HTML or as a mention', () => {
      const summary = renderSummary(result, LOGS);
      const outside = summary
        .replace(/(`{3,})text\n[^]*?\n\1/g, '')
        .replace(/(`+)[^`][^]*?[^`]?\1(?!`)/g, '');
      expect(outside).not.toMatch(/<script|<img|@org|@octocat|\]\(javascript/);
    });

    test('the comment stays a table of one row', () => {
      const body = renderComment({ project: text, result, logsUrl: LOGS });
      expect(body.split('\n')).toHaveLength(5);
    });

    test('the marker stays a comment of its own', () => {
      expect(markerOf(Buffer.from(text.slice(0, 1_000)).toString())).toMatch(/^<!-- [^<>]*[^-<>] -->$/);
    });
  },
);
