import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ARTIFACT_LIMITS } from '../../src/uploads/limits.js';
import {
  type ArtifactFile,
  byPath,
  checkSizes,
  manifestRoot,
  parseManifest,
} from '../../src/uploads/manifest.js';

const HASH = 'ab'.repeat(32);
const file = (path: string, over: object = {}) => ({ path, hash: HASH, size: 1, ...over });
const parse = (...paths: string[]) => parseManifest({ files: paths.map((path) => file(path)) });
const MIB = 1024 * 1024;

const badPaths: [string, string][] = [
  ['../x', '".."'],
  ['a/../../x', '".."'],
  ['a/..', '".."'],
  ['..', '".."'],
  ['./a', '"."'],
  ['a/./b', '"."'],
  ['/etc/x', 'absolute'],
  ['C:../x', 'drive'],
  ['c:/x', 'drive'],
  ['a\\..\\..\\x', 'backslash'],
  ['a\0.html', 'control'],
  ['a\nb', 'control'],
  ['a\u0085b', 'control'],
  ['a//b', 'empty segment'],
  ['a/', 'empty segment'],
  ['', 'empty'],
  ['x'.repeat(256), '255 bytes'],
  ['ü'.repeat(128), '255 bytes'],
  [`${'x'.repeat(200)}/`.repeat(20) + 'x'.repeat(77), '4096 bytes'],
  ['d/'.repeat(32) + 'x', 'deeper than 32'],
  ['d/'.repeat(10_000) + 'x', '4096 bytes'],
  ['a\ud800b', 'Unicode'],
];
test.each(badPaths)('the path %j refuses the whole upload and is named', (path, reason) => {
  const refuse = () => parse('index.html', path);
  expect(refuse).toThrow(reason);
  expect(refuse).toThrow(expect.objectContaining({ code: 'bad_request' }));
  if (path.length > 0 && path.length < 80) expect(refuse).toThrow(JSON.stringify(path));
});

const clashes: [string[], string][] = [
  [['A.html', 'a.html'], 'upper and lower case'],
  [['x/STRASSE.html', 'x/strasse.html'], 'upper and lower case'],
  [['caf\u00e9', 'cafe\u0301'], 'Unicode form'],
  [['CAF\u00c9', 'cafe\u0301'], 'upper and lower case'],
  [['a', 'a'], 'same name twice'],
  [['a', 'a/b'], 'as a folder'],
  [['a/b', 'a/b/c/d'], 'as a folder'],
  [['A', 'a/b'], 'as a folder'],
];
test.each(clashes)('%j cannot live together', (paths, reason) => {
  expect(() => parse(...paths)).toThrow(reason);
  expect(() => parse(...paths.toReversed())).toThrow(reason);
});

const badEntries: [string, unknown, string, string][] = [
  ['a negative size', file('a', { size: -1 }), 'whole bytes', 'bad_request'],
  ['a size with a fraction', file('a', { size: 1.5 }), 'whole bytes', 'bad_request'],
  ['a size over 2^53', file('a', { size: 2 ** 60 }), 'whole bytes', 'bad_request'],
  ['a size as text', file('a', { size: '1' }), 'whole bytes', 'bad_request'],
  ['no number', file('a', { size: NaN }), 'whole bytes', 'bad_request'],
  ['no end', file('a', { size: Infinity }), 'whole bytes', 'bad_request'],
  ['a hash in upper case', file('a', { hash: HASH.toUpperCase() }), 'SHA-256', 'bad_request'],
  ['a short hash', file('a', { hash: 'abc' }), 'SHA-256', 'bad_request'],
  ['no hash', file('a', { hash: undefined }), 'SHA-256', 'bad_request'],
  ['no path', { hash: HASH, size: 1 }, 'no path', 'bad_request'],
  ['a path that is no text', file('a', { path: ['a'] }), 'no path', 'bad_request'],
  ['null', null, 'not a file', 'bad_request'],
  ['2 GiB', file('index.html', { size: 2048 * MIB }), '"index.html"', 'too_large'],
  ['a byte over 100 MiB', file('a', { size: 100 * MIB + 1 }), 'one file', 'too_large'],
];
test.each(badEntries)('an entry with %s is refused', (_, entry, reason, code) => {
  const refuse = () => parseManifest({ files: [file('ok.html'), entry] });
  expect(refuse).toThrow(reason);
  expect(refuse).toThrow(expect.objectContaining({ code }));
});

test.each([null, undefined, 7, 'files', [], {}, { files: {} }, { files: 'x' }])(
  '%j is no manifest',
  (input) => {
    expect(() => parseManifest(input)).toThrow('"files"');
  },
);

test('more than 50,000 files, or 1 GiB, or 8 MiB of paths, are too much', () => {
  const many = Array.from({ length: 50_001 }, (_, n) => file(`f${n}`));
  expect(() => parseManifest({ files: many })).toThrow('50001 files');
  expect(parseManifest({ files: many.slice(1) }).manifest.files).toHaveLength(50_000);
  const large = Array.from({ length: 11 }, (_, n) => file(`f${n}`, { size: 100 * MIB }));
  expect(() => parseManifest({ files: large })).toThrow(expect.objectContaining({ code: 'too_large' }));
  const long = Array.from({ length: 9_000 }, (_, n) =>
    file(`${'x'.repeat(240)}/${'y'.repeat(240)}/${'z'.repeat(240)}/${'w'.repeat(240)}/${n}`),
  );
  expect(() => parseManifest({ files: long })).toThrow('shorten them');
});

test('the limits themselves are allowed', () => {
  parse('x'.repeat(255), 'd/'.repeat(31) + 'x', `${'x'.repeat(200)}/`.repeat(20) + 'x'.repeat(76));
  parseManifest({ files: [file('a', { size: 100 * MIB }), file('empty', { size: 0 })] });
});

test('a program keeps its hidden files, and names that differ only in capitals', () => {
  const files = ['.next/server.js', 'README.md', 'readme.md'].map((path) => file(path));
  const limits = { ...ARTIFACT_LIMITS, ofProgram: true };
  const { manifest, excluded } = parseManifest({ files }, limits);
  expect([manifest.files, excluded]).toEqual([files, []]);
  expect(() => parseManifest({ files: [file('a'), file('a/b')] }, limits)).toThrow('needs it as a folder');
  expect(() => parseManifest({ files })).toThrow('differ only in upper and lower case');
});

test('hidden files are left out with their names; /.well-known/ and the configuration files stay', () => {
  const { manifest, excluded } = parse(
    ...['.env', '.git/config', 'a/.htaccess', '.htaccess', '.well-known/security.txt', '.well-known/.hidden'],
    ...['_headers', '_redirects', '.well-known', 'a.b', 'index.html'],
  );
  expect(manifest.files.map(({ path }) => path)).toEqual([
    '.well-known/security.txt',
    '_headers',
    '_redirects',
    'a.b',
    'index.html',
  ]);
  expect(excluded).toEqual([
    '.env',
    '.git/config',
    'a/.htaccess',
    '.htaccess',
    '.well-known/.hidden',
    '.well-known',
  ]);
});

test('names that only look dangerous are fine', () => {
  expect(parse('...', 'a..b', 'a b', 'ü/日本.html', '-rf', '$(id)', 'ab:c').manifest.files.length).toBe(6);
});

const segment = fc.stringMatching(/^[a-zA-Z0-9_ ü日-]{1,12}$/);
const files = fc
  .uniqueArray(
    fc.tuple(
      fc.array(segment, { minLength: 1, maxLength: 4 }),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.nat(),
    ),
    {
      maxLength: 40,
      selector: ([segments]) => segments.join('/').toLowerCase().normalize('NFC'),
    },
  )
  .map((entries) =>
    entries.map(([segments, hash, size]): ArtifactFile => {
      const bounded = size % ARTIFACT_LIMITS.fileBytes;
      // A last segment of its own keeps files from being folders of others.
      return {
        path: `${segments.join('/')}.f`,
        hash: Buffer.from(hash).toString('hex'),
        size: bounded % 1_000_000,
      };
    }),
  );

test('the files of a manifest are sorted, and its root does not depend on their order', () => {
  fc.assert(
    fc.property(files, (list) => {
      const { manifest } = parseManifest({ files: list });
      expect(manifest.files).toEqual([...list].sort(byPath));
      expect(manifestRoot(list.toReversed())).toBe(manifestRoot(manifest.files));
    }),
  );
});

test('the root changes with every path, hash and size', () => {
  const base = [file('a'), file('b')];
  const variants = [
    base,
    [file('a'), file('c')],
    [file('a')],
    [file('a', { size: 2 }), file('b')],
    [file('a', { hash: 'cd'.repeat(32) }), file('b')],
  ];
  expect(new Set(variants.map((list) => manifestRoot(list))).size).toBe(variants.length);
});

test('parsing never throws anything but a refusal', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ path: fc.string({ unit: 'binary' }), hash: fc.constant(HASH), size: fc.integer() }),
      ),
      (list) => {
        try {
          parseManifest({ files: list });
        } catch (error) {
          expect(error).toMatchObject({ name: 'VitrineError' });
        }
      },
    ),
  );
});

test('sizes are checked before a file is read: each file, and all together', () => {
  const limits = { ...ARTIFACT_LIMITS, fileBytes: 10, totalBytes: 15 };
  expect(() => checkSizes([{ path: 'a.txt', size: 10 }], limits)).not.toThrow();
  expect(() => checkSizes([{ path: 'a.txt', size: 11 }], limits)).toThrow('"a.txt" has 11 bytes');
  const both = [
    { path: 'a.txt', size: 8 },
    { path: 'b.txt', size: 8 },
  ];
  expect(() => checkSizes(both, limits)).toThrow('16 bytes');
});
