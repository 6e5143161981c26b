import { expect, test } from '@jest/globals';
import { TARGETS } from '../../support/targets.js';

const { create } = TARGETS[0];

test('a release without an upload cannot be published', async () => {
  const { target, release, options } = await create();
  const run = { credentials: {}, log: () => undefined, signal: new AbortController().signal, fetch };
  const empty = { ...(await release('pr-1-hello', 1)), artifact: null };
  await expect(target.deploy(empty, options, run)).rejects.toMatchObject({ code: 'unprocessable' });
});
