import { describe, test } from '@jest/globals';
import { TARGETS } from '../support/targets.js';
import { playPullRequest, playTwoServers } from './plays/targets.js';

describe.each(TARGETS)('$name', ({ open }) => {
  test('a pull request is opened, pushed to, broken, closed and reopened', () => playPullRequest(open));
  test('two servers deploy and remove it together', () => playTwoServers(open));
});
