import { test } from '@jest/globals';
import { pickCases, sideBySide } from '../support/side-by-side.js';
import { CRASHES_AT_THE_UPLOAD, playUploadCrash } from './plays/crash-upload.js';

// The other points are played by `npm run prove`.
const crashes = pickCases(CRASHES_AT_THE_UPLOAD, [
  'C11 after a file was written, before it has its name',
  'C12 before the preview goes live',
]);
const afterTheCrash = sideBySide(
  crashes.map(([, point]) => point),
  playUploadCrash,
);

test.each(crashes)('killed at %s: the run goes on after a restart, and nothing is doubled', (_at, point) =>
  afterTheCrash(point),
);
