import { expect, test } from '@jest/globals';
import { sendAhead } from '../../../action/http/exchange.js';

test('it is over when the request has left, whatever becomes of the answer', async () => {
  const { answer } = await sendAhead(async (onSent) => {
    onSent();
    await new Promise(setImmediate);
    throw new Error('no answer');
  });
  await expect(answer).rejects.toThrow('no answer');
});

test('a request that never leaves ends the waiting, and is heard of by who takes the answer', async () => {
  const { answer } = await sendAhead(() => Promise.reject(new Error('no way there')));
  await new Promise(setImmediate);
  await expect(answer).rejects.toThrow('no way there');
});
