import { test } from '@jest/globals';
import { pickCases, sideBySide } from '../support/side-by-side.js';
import { CRASHES_AT_THE_WEBHOOK, playCrash } from './plays/crash.js';

// The other points are played by `npm run prove`.
const crashes = pickCases(CRASHES_AT_THE_WEBHOOK, [
  'C2 after it was stored, before it is acknowledged',
  'C4 in the middle of the work on it',
  'C8 before the answer about the comment is read',
  'C9 after the check was made, before its id is stored',
]);
const afterTheCrash = sideBySide(
  crashes.map(([, crash]) => crash),
  playCrash,
);

test.each(crashes)(
  'killed at %s: after a restart, with no hand on it, there is one deployment, one check and one comment',
  (_at, crash) => afterTheCrash(crash),
);
