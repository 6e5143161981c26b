import { test } from '@jest/globals';
import { openFakeDocker, openProcesses } from '../support/crash-stages.js';
import { pickCases, sideBySide } from '../support/side-by-side.js';
import { casesFor, playCase } from './plays/crash-program.js';
import { CRASHES_OF_DOCKER, CRASHES_OF_PROCESSES } from './plays/program-crashes.js';

// The other points are played by `npm run prove`, and those of containers beside a real engine.
const docker = pickCases(CRASHES_OF_DOCKER, ['C13 after its container was made']);
const processes = pickCases(CRASHES_OF_PROCESSES, ['C14 while the program starts']);

const cases = [...casesFor(openFakeDocker, docker), ...casesFor(openProcesses, processes)];
const afterTheCrash = sideBySide(
  cases.map(([, one]) => one),
  playCase,
);

test.each(cases)(
  'killed %s: another process goes on, one program is live, and none is left in the end',
  (_at, one) => afterTheCrash(one),
);
