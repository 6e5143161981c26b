import { expect, test } from '@jest/globals';
import { staticTarget } from '../../support/targets.js';

const { create } = staticTarget;

test('a release without an upload cannot be published', async () => {
  const { target, release, options, visit } = await create();
  const signal = new AbortController().signal;
  const run = { credentials: {}, variables: {}, secrets: {}, log: () => undefined, signal, fetch, visit };
  const empty = { ...(await release('pr-1-hello', 1)), artifact: null };
  await expect(target.deploy(empty, options, run)).rejects.toMatchObject({ code: 'unprocessable' });
});
