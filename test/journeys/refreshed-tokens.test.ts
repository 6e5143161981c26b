import { expect, test } from '@jest/globals';
import { playRefreshes } from './plays/refreshed-tokens.js';

test('T48: however many processes need a new token of a person at once, one of them asks GitHub, and all get it', async () => {
  const rounds = await playRefreshes({ processes: 3, rounds: 5, times: 5 });
  const tokens = rounds.map((round) => round.tokens);
  for (const round of rounds)
    expect(round).toEqual({ tokens: [expect.stringMatching(/^ghu_/)], refreshes: 1, isBroken: false });
  expect(new Set(tokens.flat()).size).toBe(rounds.length);
});
