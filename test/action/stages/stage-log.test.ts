import { expect, test } from '@jest/globals';
import { createJournal } from '../../../action/stages/journal.js';

function setUp() {
  const printed: string[] = [];
  const journal = createJournal({
    world: { print: (line) => void printed.push(line), now: () => new Date(0) },
    redact: (text) => text.replaceAll('secret', '***'),
    newToken: () => 'end',
    onLine: () => undefined,
  });
  return { journal, printed };
}

test('what is logged when no group is open can never be obeyed by the runner', () => {
  const { journal, printed } = setUp();
  const close = journal.open('building');
  journal.log('::error::inside');
  close();
  journal.log('::error::after\n::error::the end');
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
  const { journal } = setUp();
  journal.log('the secret is out', 'warning');
  journal.log('all is well');
  for (let count = 0; count < 100; count += 1) journal.log('again', 'warning');
  expect(journal.warnings()).toHaveLength(20);
  expect(journal.warnings()[0]).toBe('the *** is out');
});
