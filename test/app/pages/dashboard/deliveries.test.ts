import { expect, test } from '@jest/globals';
import { outcomeOf } from '../../../../app/pages/dashboard/deliveries/list.js';
import { DELIVERY_STATUS } from '../../../../src/shared/status/words.js';

test.each([
  [DELIVERY_STATUS.stored, null, null, 'It waits to be handled.'],
  [
    DELIVERY_STATUS.stored,
    null,
    'GitHub did not answer',
    /failed and is tried again: GitHub did not answer\./,
  ],
  [DELIVERY_STATUS.stored, 'Done.', null, 'It waits to be handled again.'],
  [DELIVERY_STATUS.handled, 'The newest commit gets a preview.', null, 'The newest commit gets a preview.'],
  [DELIVERY_STATUS.parked, null, 'boom!', /has given up: boom! Correct the cause, and replay it\./],
  [DELIVERY_STATUS.ignored, null, null, /Nothing was written down/],
])('a webhook that is %s says what came of it', (status, detail, error, says) => {
  const decision = detail === null ? null : { action: 'x', rule: 'x', detail, environmentIds: [] };
  expect(outcomeOf({ status, decision, error })).toEqual(
    typeof says === 'string' ? says : expect.stringMatching(says),
  );
});
