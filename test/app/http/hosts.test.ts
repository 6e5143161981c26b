import { expect, test } from '@jest/globals';
import { createHosts } from '../../../app/http/hosts.js';

const near = () => true;
const far = () => false;

const kept = new Map();
const siteOf = createHosts({
  kept,
  publicUrl: 'https://app.example.com',
  previewBase: { protocol: 'https', domain: 'previews.example.net' },
});

test.each([
  'app.example.com',
  'app.example.com:443',
  'app.example.com:80',
  'app.example.com.',
  'APP.Example.com',
  'app.example.com.:8443',
])('%s is the App', (host) => {
  expect(siteOf(host, far)).toEqual({ kind: 'app' });
});

test.each([
  ['pr-1-hello.previews.example.net', 'pr-1-hello'],
  ['PR-1-Hello.Previews.Example.Net:3000', 'pr-1-hello'],
  ['abcdef0-pr-1-hello.previews.example.net.', 'abcdef0-pr-1-hello'],
])('%s is the preview %s', (host, label) => {
  expect(siteOf(host, far)).toEqual({ kind: 'preview', label });
});

test.each([
  '',
  'evil',
  'evil.example.com',
  'app.example.com.evil',
  'evilapp.example.com',
  'pr-1.previews.example.net.evil',
  'evilpreviews.example.net',
  'previews.example.net',
  '.previews.example.net',
  'a.b.previews.example.net',
  'a_b.previews.example.net',
  `${'a'.repeat(64)}.previews.example.net`,
  'app.example.com/path',
  'app.example.com@evil',
  'app.example.com:80:80',
  'app.example.com, evil',
  'app.example.com evil',
  '127.0.0.1',
  'localhost:3000',
])('%j is an unknown host', (host) => {
  expect(siteOf(host, far)).toEqual({ kind: 'unknown' });
});

test.each(['localhost', 'localhost:3000', '127.0.0.1:3000', '[::1]:3000'])(
  '%s is the App for callers on this machine',
  (host) => {
    expect([siteOf(host, near), siteOf(host, far)]).toEqual([{ kind: 'app' }, { kind: 'unknown' }]);
  },
);

test('invented host names cannot fill the memory and do not affect other hosts', () => {
  for (let index = 0; index < 20_000; index += 1) siteOf(`made-up-${index}.example`, far);
  for (let index = 0; index < 5_000; index += 1) siteOf(Buffer.alloc(16_000, `${index}.`).toString(), far);
  expect(kept.size).toBeLessThanOrEqual(5_000);
  expect(Math.max(...[...kept.keys()].map((header) => String(header).length))).toBeLessThanOrEqual(300);
  expect(siteOf('app.example.com', far)).toEqual({ kind: 'app' });
});
