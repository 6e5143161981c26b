import { describe, expect, test } from '@jest/globals';
import { FAULT_KINDS } from '../support/fault-proxy.js';
import { sideBySide } from '../support/side-by-side.js';
import { FAULT_CELLS, playFault, unlistedCalls } from './plays/faults.js';

test('the list names every call that the server sends', async () => {
  expect(await unlistedCalls()).toEqual([]);
});

describe.each(FAULT_KINDS)('%s', (kind) => {
  const cells = FAULT_CELLS.filter(([, cell]) => cell.kind === kind);
  const play = sideBySide(
    cells.map(([, cell]) => cell),
    playFault,
  );

  test.each(cells)('%s: afterwards all is as it should be, once', (_title, cell) => play(cell));
});
