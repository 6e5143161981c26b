import { expect, test } from '@jest/globals';
import { playRefreshes } from './plays/refreshed-tokens.js';

test('T48: twenty processes and fifty refreshes: one refresh each round, and nobody is signed out', async () => {
  const rounds = await playRefreshes({ processes: 20, rounds: 50, times: 3 });
  for (const round of rounds)
    expect(round).toEqual({ tokens: [expect.stringMatching(/^ghu_/)], refreshes: 1, isBroken: false });
});
