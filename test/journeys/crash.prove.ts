import { test } from '@jest/globals';
import { openFakeDocker, openProcesses, openRealDocker } from '../support/crash-stages.js';
import { hasDocker } from '../support/docker-images.js';
import { sideBySide } from '../support/side-by-side.js';
import { CRASHES_AT_THE_WEBHOOK, playCrash } from './plays/crash.js';
import { casesFor, playCase } from './plays/crash-program.js';
import { CRASHES_AT_THE_UPLOAD, playUploadCrash } from './plays/crash-upload.js';
import { CRASHES_OF_COMPOSE, CRASHES_OF_DOCKER, CRASHES_OF_PROCESSES } from './plays/program-crashes.js';

const atTheWebhook = sideBySide(
  CRASHES_AT_THE_WEBHOOK.map(([, crash]) => crash),
  playCrash,
);
const atTheUpload = sideBySide(
  CRASHES_AT_THE_UPLOAD.map(([, point]) => point),
  playUploadCrash,
);

test.each(CRASHES_AT_THE_WEBHOOK)(
  'killed at %s: after a restart, with no hand on it, there is one deployment, one check and one comment',
  (_at, crash) => atTheWebhook(crash),
);

test.each(CRASHES_AT_THE_UPLOAD)(
  'killed at %s: the run goes on after a restart, and nothing is doubled',
  (_at, point) => atTheUpload(point),
);

/** Those of containers also beside a real engine, where DOCKER_HOST names one. */
const ofPrograms = [
  ['the engine of the tests', casesFor(openFakeDocker, CRASHES_OF_DOCKER)],
  ['child processes', casesFor(openProcesses, CRASHES_OF_PROCESSES)],
  ['docker', hasDocker ? casesFor(() => openRealDocker('docker'), CRASHES_OF_DOCKER) : []],
  ['compose', hasDocker ? casesFor(() => openRealDocker('compose'), CRASHES_OF_COMPOSE) : []],
] as const;

for (const [name, cases] of ofPrograms) {
  if (cases.length === 0) continue;
  const ofProgram = sideBySide(
    cases.map(([, one]) => one),
    playCase,
  );
  test.each(cases)(
    `${name}: killed %s: another process goes on, one program is live, and none is left in the end`,
    (_at, one) => ofProgram(one),
  );
}
