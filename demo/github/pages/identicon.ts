import { createHash } from 'node:crypto';
import { PNG } from 'pngjs';

const CELLS = 5;
const CELL = 12;
const EDGE = 6;
const COLOURS = [
  [46, 125, 110],
  [171, 71, 56],
  [57, 91, 178],
  [140, 86, 160],
  [176, 122, 24],
  [60, 130, 62],
  [190, 70, 120],
  [50, 120, 150],
];

/** The picture of an account that has uploaded none: a pattern of its own, always the same, and the same on both sides. */
export function drawIdenticon(seed: string): Buffer {
  const hash = createHash('sha256').update(seed).digest();
  const colour = COLOURS[(hash[0] ?? 0) % COLOURS.length] ?? [0, 0, 0];
  const ground = colour.map((one) => Math.round(255 - (255 - one) / 5));
  const size = CELLS * CELL + 2 * EDGE;
  const png = new PNG({ width: size, height: size });
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1)
      png.data.set([...(isFilled(hash, x, y) ? colour : ground), 255], (y * size + x) * 4);
  return PNG.sync.write(png, { colorType: 2 });
}

function isFilled(hash: Buffer, x: number, y: number): boolean {
  const [column, row] = [x, y].map((one) => Math.floor((one - EDGE) / CELL)) as [number, number];
  if (Math.min(column, row) < 0 || Math.max(column, row) >= CELLS) return false;
  const mirrored = Math.min(column, CELLS - 1 - column);
  return ((hash[1 + row * CELLS + mirrored] ?? 0) & 1) === 1;
}
