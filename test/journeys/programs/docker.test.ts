import { afterAll, describe, expect, test } from '@jest/globals';
import { openRealDocker } from '../../support/crash-stages.js';
import { docker, emptyEngine, hasDocker, realEngine } from '../../support/docker-images.js';
import { pickCases, sideBySide } from '../../support/side-by-side.js';
import { casesFor, playCase } from '../plays/crash-program.js';
import { playLoop } from '../plays/loop.js';
import { CRASHES_OF_COMPOSE, CRASHES_OF_DOCKER } from '../plays/program-crashes.js';

// The other points are played by `npm run prove`.
const ofDocker = pickCases(CRASHES_OF_DOCKER, [
  'C14 after its container was started',
  'C12 after the newer one went live',
  'C15 between container and network',
  'after the engine stopped it',
]);
const ofCompose = pickCases(CRASHES_OF_COMPOSE, [
  'C13 after its container was made',
  'C15 between network and volume',
]);
const cases = [
  ...casesFor(() => openRealDocker('docker'), ofDocker),
  ...casesFor(() => openRealDocker('compose'), ofCompose),
];
const afterTheCrash = sideBySide(
  cases.map(([, one]) => one),
  playCase,
);

/** The first test waits for all of them. */
const PATIENCE_MS = 600_000;

/** Needs a Docker engine of its own: CONTRIBUTING.md says how to start one for this. */
if (!hasDocker) test.skip('crashes of containers: DOCKER_HOST names no engine', () => undefined);
else
  describe('a real engine', () => {
    // What a failed case left must not be in the way of later suites. Not after each: the cases are played side by side.
    afterAll(() => emptyEngine(realEngine()));
    test.each(cases)(
      'killed %s: another process goes on, one program is live, and none is left in the end',
      (_at, one) => afterTheCrash(one),
      PATIENCE_MS,
    );
    test(
      'five environments come and go while the server is killed, and nothing of them is left',
      async () => {
        const engine = { dockerHost: process.env['DOCKER_HOST'] ?? '', docker };
        const count = await playLoop({ seed: 1, environments: 5, atOnce: 3, engine });
        expect(count.live).toBeGreaterThan(0);
        expect(count.serverKills).toBeGreaterThan(0);
      },
      PATIENCE_MS,
    );
  });
