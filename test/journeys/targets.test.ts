import { describe, test } from '@jest/globals';
import { TARGETS } from '../support/targets.js';
import { playPullRequest, playTwoServers } from './plays/targets.js';

// What other journeys do not go through: one that is removed by a run, and a program. `npm run prove` plays all of them, and
// `npm run test:docker` those of containers.
const HERE: readonly string[] = ['command', 'node'];

describe.each(TARGETS.filter(({ name }) => HERE.includes(name)))('$name', ({ open }) => {
  test('a pull request is opened, pushed to, broken, closed and reopened', () => playPullRequest(open));
});

test('two servers deploy and remove a program together', async () => {
  for (const { name, open } of TARGETS) if (name === 'node') await playTwoServers(open);
});
