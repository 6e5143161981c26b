import { expect, test } from '@jest/globals';
import { createStageLog } from '../../../action/stages/stage-log.js';

function setUp() {
  const printed: string[] = [];
  const stageLog = createStageLog({
    world: { print: (line) => void printed.push(line), now: () => new Date(0) },
    redact: (text) => text.replaceAll('secret', '***'),
    newToken: () => 'end',
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

test('warnings are kept for the summary, redacted, and not without bound', () => {
  const { stageLog } = setUp();
  stageLog.log('the secret is out', 'warning');
  stageLog.log('all is well');
  for (let count = 0; count < 100; count += 1) stageLog.log('again', 'warning');
  expect(stageLog.warnings()).toHaveLength(20);
  expect(stageLog.warnings()[0]).toBe('the *** is out');
});
