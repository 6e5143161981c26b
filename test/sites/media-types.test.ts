import { expect, test } from '@jest/globals';
import { isCompressible, mediaType } from '../../src/sites/media-types.js';

const cases: [string, string, boolean][] = [
  ['index.html', 'text/html; charset=utf-8', true],
  ['a/B.HTML', 'text/html; charset=utf-8', true],
  ['x.mjs', 'text/javascript; charset=utf-8', true],
  ['logo.svg', 'image/svg+xml; charset=utf-8', true],
  ['photo.html.jpg', 'image/jpeg', false],
  ['app.wasm', 'application/wasm', true],
  ['font.woff2', 'font/woff2', false],
  ['LICENSE', 'application/octet-stream', false],
  ['a.html/LICENSE', 'application/octet-stream', false],
  ['.html', 'application/octet-stream', false],
  ['x.', 'application/octet-stream', false],
  ['x.constructor', 'application/octet-stream', false],
  ['x.__proto__', 'application/octet-stream', false],
  ['x.toString', 'application/octet-stream', false],
];
test.each(cases)('%s is %s', (path, type, compressible) => {
  expect(mediaType(path)).toBe(type);
  expect(isCompressible(path)).toBe(compressible);
});
