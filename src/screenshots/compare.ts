import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { VitrineError } from '../shared/errors.js';

interface Compared {
  /** How much of the picture changed, from 0 to 1. */
  readonly changedShare: number;
  /** What changed is red on the faded picture; null when nothing changed. */
  readonly difference: Uint8Array | null;
}

/** Of two pixels that count as different; below it are differences that nobody sees. */
const THRESHOLD = 0.1;

/** So many pixels are compared at most: the sizes in a file are what somebody wrote there. */
const MOST_PIXELS = 4_000_000;

/** Compares two pictures in PNG pixel by pixel. Smoothed edges, which come out a little different each time, do not count. */
export function compareImages(before: Uint8Array, after: Uint8Array): Compared {
  if (Buffer.from(before).equals(after)) return UNCHANGED;
  const [left, right] = [decode(before), decode(after)];
  const { width, height } = right;
  if (left.width !== width || left.height !== height)
    throw new VitrineError('unprocessable', 'Pictures of different sizes cannot be compared.');
  const out = new PNG({ width, height });
  const changed = pixelmatch(left.data, right.data, out.data, width, height, { threshold: THRESHOLD });
  if (changed === 0) return UNCHANGED;
  // Without transparency, which would take room and show nothing.
  const difference = PNG.sync.write(out, { colorType: 2 });
  return { changedShare: changed / (width * height), difference };
}

const UNCHANGED: Compared = { changedShare: 0, difference: null };

/** https://www.w3.org/TR/png-3/#11IHDR: the size is in the first chunk, so it is known before anything is unpacked. */
function decode(png: Uint8Array): PNG {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength);
  const isPng = bytes.length > 24 && bytes.subarray(12, 16).toString('latin1') === 'IHDR';
  if (!isPng || bytes.readUInt32BE(16) * bytes.readUInt32BE(20) > MOST_PIXELS)
    throw new VitrineError('unprocessable', 'What was to be compared is not a picture of this server.');
  return PNG.sync.read(bytes);
}
