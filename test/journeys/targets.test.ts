import { describe, test } from '@jest/globals';
import { TARGETS } from '../support/targets.js';
import { playPullRequest, playTwoServers } from './plays/targets.js';

describe.each(TARGETS)('$name', ({ open, byHand }) => {
  test('a pull request is opened, pushed to, broken, closed and reopened', () => playPullRequest(open));
  const withAction = byHand ? test.skip : test;
  withAction('two servers deploy and remove it together', () => playTwoServers(open));
});
