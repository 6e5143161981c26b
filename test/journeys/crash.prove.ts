import { test } from '@jest/globals';
import { sideBySide } from '../support/side-by-side.js';
import { CRASHES_AT_THE_WEBHOOK, playCrash } from './plays/crash.js';
import { CRASHES_AT_THE_UPLOAD, playUploadCrash } from './plays/crash-upload.js';

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
