import { test } from '@jest/globals';
import { pickCases, sideBySide } from '../support/side-by-side.js';
import { FAULT_CELLS, playFault } from './plays/faults.js';

// The whole table is played by `npm run prove`.
const cells = pickCases(FAULT_CELLS, [
  '401 for a token',
  '404 for a changed comment',
  '429 with a time for a new comment',
]);

const play = sideBySide(
  cells.map(([, cell]) => cell),
  playFault,
);

test.each(cells)('%s: afterwards all is as it should be, once', (_title, cell) => play(cell));
