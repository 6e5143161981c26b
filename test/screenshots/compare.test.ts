import { expect, test } from '@jest/globals';
import { PNG } from 'pngjs';
import { compareImages } from '../../src/screenshots/compare.js';

interface Box {
  readonly left: number;
  readonly top: number;
  readonly size: number;
}

/** A white picture with a square. */
function picture({ box, width = 100, grey = 0 }: { box?: Box; width?: number; grey?: number } = {}): Buffer {
  const png = new PNG({ width, height: 50 });
  png.data.fill(255);
  const { left = 0, top = 0, size = 0 } = box ?? {};
  for (let y = top; y < top + size; y += 1)
    for (let x = left; x < left + size; x += 1)
      png.data.fill(grey, (y * width + x) * 4, (y * width + x) * 4 + 3);
  return PNG.sync.write(png);
}

test('the share of changed pixels is counted, and the difference is a picture that shows them in red', () => {
  const after = picture({ box: { left: 10, top: 20, size: 10 } });
  const { changedShare, difference } = compareImages(picture(), after);
  expect(changedShare).toBe(100 / (100 * 50));
  const shown = PNG.sync.read(Buffer.from(difference ?? []));
  expect([shown.width, shown.height]).toEqual([100, 50]);
  const at = (x: number, y: number) => [...shown.data.subarray((y * 100 + x) * 4, (y * 100 + x) * 4 + 3)];
  expect(at(15, 25)).toEqual([255, 0, 0]);
  expect(at(50, 40)).toEqual([255, 255, 255]);
});

test.each([
  ['the same bytes', picture(), picture()],
  [
    'other bytes of the same picture',
    picture(),
    PNG.sync.write(PNG.sync.read(picture()), { deflateLevel: 0 }),
  ],
  ['a difference that nobody sees', picture(), picture({ box: { left: 1, top: 1, size: 9 }, grey: 250 })],
])('%s are no change', (_what, before, after) => {
  expect(compareImages(before, after)).toEqual({ changedShare: 0, difference: null });
});

test('pictures of different sizes, and what is no picture of a usual size, are refused before anything is unpacked', () => {
  expect(() => compareImages(picture(), picture({ width: 99 }))).toThrow(/different sizes/);
  const huge = Buffer.from(picture());
  huge.writeUInt32BE(60_000, 16);
  huge.writeUInt32BE(60_000, 20);
  expect(() => compareImages(picture(), huge)).toThrow(/not a picture of this server/);
  expect(() => compareImages(picture(), Buffer.from('GIF89a'))).toThrow(/not a picture of this server/);
});
