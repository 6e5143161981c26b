import { expect, test } from '@jest/globals';
import { createStageLog } from '../../../action/stages/stage-log.js';

function setUp() {
  const printed: string[] = [];
  const stageLog = createStageLog({
    world: { print: (line) => void printed.push(line), now: () => new Date(0) },
    redact: (text) => text.replaceAll('secret', '***'),
    newToken: () => 'end',
    root: '/work/site',
    onLine: () => undefined,
  });
  return { stageLog, printed };
}

test('what is logged when no group is open can never be obeyed by the runner', () => {
  const { stageLog, printed } = setUp();
  const close = stageLog.open('building');
  stageLog.log('::error::inside');
  close();
  stageLog.log('::error::after\n::error::the end');
  expect(printed).toEqual([
    '::group::Building',
    '::stop-commands::end',
    '::error::inside',
    '::end::',
    '::endgroup::',
    '| ::error::after ::error::the end',
  ]);
});

test('the cause is the first error that the commands of the current stage print, without secrets', () => {
  const { stageLog } = setUp();
  stageLog.open('installing');
  stageLog.output('Error: of an earlier stage');
  stageLog.open('building');
  expect(stageLog.cause()).toBeNull();
  stageLog.output('\u001b[31mError: no secret in /work/site/a.js\u001b[39m');
  stageLog.output('Error: the second one');
  expect(stageLog.cause()).toEqual({
    line: 'Error: no *** in a.js',
    excerpt: ['Error: no *** in /work/site/a.js', 'Error: the second one'],
    at: 0,
  });
});

test('what the Action itself says about a command is no cause', () => {
  const { stageLog } = setUp();
  stageLog.open('building');
  stageLog.log('Error: "npm run build" ended with exit code 1.', 'error');
  stageLog.log('Building with `echo "a.ts(1,1): error TS1: no"` (as configured).');
  expect(stageLog.cause()).toBeNull();
});

test('warnings are kept for the summary, redacted, and not without bound', () => {
  const { stageLog } = setUp();
  stageLog.log('the secret is out', 'warning');
  stageLog.log('all is well');
  for (let count = 0; count < 100; count += 1) stageLog.log('again', 'warning');
  expect(stageLog.warnings()).toHaveLength(20);
  expect(stageLog.warnings()[0]).toBe('the *** is out');
});
