import { test } from '@jest/globals';
import { pickCases } from '../support/side-by-side.js';
import { CLOSE_POINTS, playClose } from './plays/close.js';

// The other points are played by `npm run prove`.
const points = pickCases(CLOSE_POINTS, [
  'before the run gets its token',
  'while the build writes its log',
  'after the first file was written',
  'before the upload is declared whole',
  'before the preview goes live',
]);

test.each(points)(
  'closed %s: destroyed, nothing left, and the late finish is refused',
  (_point, interruption) => playClose(interruption),
);
