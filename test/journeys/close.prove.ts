import { test } from '@jest/globals';
import { CLOSE_POINTS, playClose } from './plays/close.js';

test.each(CLOSE_POINTS)(
  'closed %s: destroyed, nothing left, and the late finish is refused',
  (_point, interruption) => playClose(interruption),
);
