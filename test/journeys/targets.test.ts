import { describe, test } from '@jest/globals';
import { TARGETS } from '../support/targets.js';
import { playPullRequest, playTwoServers } from './plays/targets.js';

describe.each(TARGETS)('$name', ({ open }) => {
  test('a pull request is opened, pushed to, broken, closed and reopened', () => playPullRequest(open));
});

// One that is files and one that is a program. `npm run prove` plays all of them, and `npm run test:docker` those of containers.
const OF_BOTH_KINDS: readonly string[] = ['static', 'node'];

describe.each(TARGETS.filter(({ name }) => OF_BOTH_KINDS.includes(name)))('$name', ({ open }) => {
  test('two servers deploy and remove it together', () => playTwoServers(open));
});
