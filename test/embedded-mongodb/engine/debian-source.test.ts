import { expect, test } from '@jest/globals';
import { type AptSource, sourceForSuite } from '../../../embedded-mongodb/engine/private-libraries.js';

const SUITE = { own: 'bookworm', wanted: 'trixie' };

const STANZAS = `# the archive
Types: deb deb-src
URIs: http://archive.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb
URIs: http://archive.example/debian-security
Suites: bookworm-security
Components: main
`;

test('a stanza keeps its address and key and changes its release', () => {
  expect(sourceForSuite([{ ending: 'sources', text: STANZAS }], SUITE)).toEqual({
    ending: 'sources',
    text: 'Types: deb\nSuites: trixie\nComponents: main\nURIs: http://archive.example/debian\nSigned-By: /usr/share/keyrings/debian.gpg\n',
  });
});

test('a key written into the stanza goes with it', () => {
  const text =
    'Types: deb\nURIs: http://a.example/debian\nSuites:\n bookworm\nComponents: main\nSigned-By:\n -----BEGIN-----\n .\n abc\n -----END-----\n';
  expect(sourceForSuite([{ ending: 'sources', text }], SUITE)?.text).toContain(
    'Signed-By:\n -----BEGIN-----\n .\n abc\n -----END-----\n',
  );
});

test.each([
  ['deb http://a.example/debian bookworm main', 'deb http://a.example/debian trixie main\n'],
  [
    'deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian bookworm main contrib',
    'deb [arch=amd64 signed-by=/k.gpg] http://a.example/debian trixie main\n',
  ],
  [
    '# deb http://off.example bookworm main\ndeb http://on.example bookworm main',
    'deb http://on.example trixie main\n',
  ],
])('the line %p becomes %p', (text, expected) => {
  expect(sourceForSuite([{ ending: 'list', text }], SUITE)).toEqual({ ending: 'list', text: expected });
});

const UNUSABLE: AptSource[] = [
  { ending: 'list', text: '' },
  { ending: 'list', text: 'deb-src http://a.example bookworm main' },
  { ending: 'list', text: 'deb http://a.example bookworm-security main' },
  { ending: 'list', text: 'deb http://a.example bookworm contrib' },
  { ending: 'list', text: 'deb cdrom:[Debian]/ bookworm main' },
  {
    ending: 'sources',
    text: 'Types: deb\nEnabled: no\nURIs: http://a.example\nSuites: bookworm\nComponents: main\n',
  },
  { ending: 'sources', text: '# Types: deb\n' },
];

test.each(UNUSABLE)('nothing is made up from %j', (source) => {
  expect(sourceForSuite([source], SUITE)).toBeUndefined();
});

test('the first usable entry of several files is taken', () => {
  const sources: AptSource[] = [
    {
      ending: 'sources',
      text: 'Types: deb\nURIs: https://other.example\nSuites: nodistro\nComponents: main\n',
    },
    { ending: 'list', text: 'deb http://a.example/debian bookworm main' },
  ];
  expect(sourceForSuite(sources, SUITE)?.text).toBe('deb http://a.example/debian trixie main\n');
});
