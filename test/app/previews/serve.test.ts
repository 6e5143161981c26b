import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { VitrineError } from '../../../src/shared/errors.js';
import { sha, startPreviewServer, type SiteFiles } from '../../support/preview-server.js';

type Server = Awaited<ReturnType<typeof startPreviewServer>>;
let server: Server;
beforeAll(async () => {
  server = await startPreviewServer();
});
afterAll(() => server.close());

const LONG = 'All happy pages are alike; '.repeat(100);
const BINARY = Buffer.from(Array.from({ length: 1_000 }, (_, n) => n % 251));
const SITE: SiteFiles = {
  'index.html': '<h1>home</h1>',
  'about.html': '<h1>about</h1>',
  'docs/index.html': '<h1>docs</h1>',
  'docs/guide.html': LONG,
  'more/index.html': '<h1>more</h1>',
  'both.html': 'both page',
  'both/index.html': 'both folder',
  'both/x.html': 'x',
  'app.js': `console.log("${LONG}")`,
  'logo.png': BINARY,
  'data.bin': BINARY,
  'a b/ü.html': 'spaces',
  'café.txt': 'NFC',
  'nested/a.html/b.txt': 'odd but fine',
  'percent%20.txt': 'literal percent',
  '.well-known/security.txt': 'Contact: us',
  _headers:
    '/*\n  X-Site: yes\n  Set-Cookie: a=1; Domain=example.com; Path=/\n  Set-Cookie: b=2\n  X-Robots-Tag: all\n/docs/*\n  X-Docs: 1\n  Cache-Control: max-age=60\n',
  _redirects:
    '/old /new\n/blog/* /docs/:splat 302\n/go https://example.com/a?b=1\n/r/* /:splat\n/about /never\n/docs/ /forced 301!\n/item/:id /about.html 200\n/proxy/* https://internal.example/:splat 200\n/gone /about.html 404\n/self /self\n/slash /slash/\n/caf%C3%A9 /coffee\n/umlaut /a%20b/%C3%BC.html 200\n/as/* /:splat 200\n',
};

const paths: [string, number, string][] = [
  ['/', 200, '<h1>home</h1>'],
  ['/index.html', 200, '<h1>home</h1>'],
  ['/?utm=1', 200, '<h1>home</h1>'],
  ['/about', 200, '<h1>about</h1>'],
  ['/about.html', 200, '<h1>about</h1>'],
  ['/docs/guide', 200, LONG],
  ['/both', 200, 'both page'],
  ['/both/', 200, 'both folder'],
  ['/a%20b/%C3%BC', 200, 'spaces'],
  ['/caf%C3%A9.txt', 200, 'NFC'],
  ['/cafe%CC%81.txt', 200, 'NFC'],
  ['/nested/a.html/b.txt', 200, 'odd but fine'],
  ['/percent%2520.txt', 200, 'literal percent'],
  ['/.well-known/security.txt', 200, 'Contact: us'],
  ['/item/7', 200, '<h1>about</h1>'],
  ['/gone', 404, '<h1>about</h1>'],
  ['/item/7/', 200, '<h1>about</h1>'],
  ['/umlaut', 200, 'spaces'],
  ['/as/a%20b/%C3%BC', 200, 'spaces'],
  ['/as/percent%2520.txt', 200, 'literal percent'],
];
test.each(paths)('%s answers %i with the right file', async (path, status, text) => {
  await server.publish(SITE);
  expect(await server.ask(path)).toMatchObject({ status, text });
});

const moved: [string, number, string][] = [
  ['/about/', 308, '/about'],
  ['/more', 308, '/more/'],
  ['/more?q=1', 308, '/more/?q=1'],
  ['/a%20b/%C3%BC/', 308, '/a%20b/%C3%BC'],
  ['/old', 301, '/new'],
  ['/old/', 301, '/new'],
  ['/caf%C3%A9', 301, '/coffee'],
  ['/old?x=1', 301, '/new?x=1'],
  ['/blog/2024/hi', 302, '/docs/2024/hi'],
  ['/blog', 302, '/docs/'],
  ['/blog/%C3%BC%0d%0aSet-Cookie:x', 404, ''],
  ['/blog/%C3%BC', 302, '/docs/%C3%BC'],
  ['/go?x=1', 301, 'https://example.com/a?b=1'],
  ['/r/evil.example', 301, '/evil.example'],
  ['/docs/', 301, '/forced'],
  ['/docs', 301, '/forced'],
];
test.each(moved)('%s answers %i and leads to %j', async (path, status, location) => {
  await server.publish(SITE);
  const answer = await server.ask(path);
  expect(answer.status).toBe(status);
  expect(answer.headers.location ?? '').toBe(location);
});

const circles: [string, string][] = [
  ['/about/ /about 301!', '/about/'],
  ['/about /about/ 301!', '/about/'],
  ['/* /:splat 301!', '/about/'],
  ['/:page/ /:page 302!', '/about/'],
  ['/about/ /about?seen=1 301!', '/about/'],
];
test.each(circles)('the rule %s sends nobody in circles', async (rule, path) => {
  await server.publish({ 'about/index.html': 'about', _redirects: `${rule}\n` });
  expect(await server.ask(path)).toMatchObject({ status: 200, text: 'about' });
  expect(await server.ask('/about')).toMatchObject({ status: 308, headers: { location: '/about/' } });
});

test('rules and headers that are made to take long hold up nobody', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `/:p${index}`).join('');
  const rules = Array.from({ length: 2_000 }, (_, index) => `/*${names}/zzz${index} /x 301!`).join('\n');
  const blocks = Array.from({ length: 200 }, (_, index) => `/*${names}/zzz${index}\n  X-A: 1`).join('\n');
  await server.publish({ '404.html': 'not here', _redirects: rules, _headers: blocks });
  await server.ask('/');
  for (const length of [900, 7_500]) {
    expect((await server.ask('/a'.repeat(length))).status).toBe(404);
  }
});

const hostile = [
  ...[
    '/../x',
    '/%2e%2e/x',
    '/%2e%2e%2f',
    '/a/../index.html',
    '/./index.html',
    '/./',
    '//',
    '//evil.example/',
  ],
  ...[
    '/r//evil.example',
    '/r/%2fevil.example',
    '/r/%5cevil.example',
    '/r/\\evil.example',
    '/%00',
    '/index.html%00',
  ],
  ...[
    '/about%2fx',
    '/index.html;x',
    '/;',
    '/%',
    '/%zz',
    '/%ff',
    '/%c0%ae%c0%ae/',
    '/_headers',
    '/_redirects',
  ],
  ...[
    '/.env',
    '/.git/config',
    '/docs/.htaccess',
    '/proxy/etc',
    '/self',
    '/slash',
    '/slash/',
    '/constructor',
    '/__proto__',
    '/About.html',
  ],
];
test.each(hostile)('%s is not found, with and without a single-page fallback', async (path) => {
  await server.publish(SITE);
  expect(await server.ask(path)).toMatchObject({ status: 404 });
  if (
    ['/self', '/slash', '/slash/', '/constructor', '/__proto__', '/About.html', '/proxy/etc'].includes(path)
  )
    return;
  await server.publish(SITE, { spa: true });
  expect(await server.ask(path)).toMatchObject({ status: 404 });
});

test('every answer keeps the preview apart, and _headers add only what is theirs to add', async () => {
  await server.publish(SITE);
  for (const path of ['/', '/old', '/nowhere', '/logo.png', '/docs/guide', '/.well-known/vitrine/status']) {
    expect((await server.ask(path)).headers).toMatchObject({
      'x-robots-tag': 'noindex',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-site',
    });
  }
  const { headers } = await server.ask('/docs/guide');
  expect(headers).toMatchObject({ 'x-site': 'yes', 'x-docs': '1', 'cache-control': 'max-age=60' });
  expect(headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2']);
});

const RULED: SiteFiles = {
  'index.html': 'app',
  '404.html': 'my own 404',
  'shown.html': 'shown',
  _headers:
    '/a\n  X-For: a\n  Cache-Control: max-age=60\n/shown*\n  X-For: shown\n/users/*\n  X-For: users\n/404.html\n  X-For: 404\n/none/*\n  X-For: none\n  Cache-Control: max-age=60\n',
  _redirects: '/a /shown.html 200\n/b /shown.html 200\n/users/gone /shown.html 404\n',
};
const asked: [string, boolean, number, string, string | undefined, string][] = [
  ['/shown', false, 200, 'shown', 'shown', 'private, max-age=0, must-revalidate'],
  ['/a', false, 200, 'shown', 'a', 'max-age=60'],
  ['/b', false, 200, 'shown', undefined, 'private, max-age=0, must-revalidate'],
  ['/users/gone', false, 404, 'shown', 'users', 'no-cache'],
  ['/users/7', true, 200, 'app', 'users', 'private, max-age=0, must-revalidate'],
  ['/other/7', true, 200, 'app', undefined, 'private, max-age=0, must-revalidate'],
  ['/nowhere', false, 404, 'my own 404', undefined, 'no-cache'],
  ['/none/here', false, 404, 'my own 404', 'none', 'no-cache'],
  ['/none/%ff', false, 404, 'my own 404', 'none', 'no-cache'],
];
test.each(asked)(
  '_headers go by the path that was asked for: %s (single-page: %s)',
  async (path, spa, status, text, mark, cache) => {
    await server.publish(RULED, { spa });
    for (let visit = 0; visit < 2; visit += 1) {
      const { headers, rawHeaders, ...answer } = await server.ask(path);
      expect(answer).toMatchObject({ status, text });
      expect([headers['x-for'], headers['cache-control']]).toEqual([mark, cache]);
      expect(rawHeaders.filter((name) => name.toLowerCase() === 'cache-control')).toHaveLength(1);
    }
  },
);

test('every mix of _headers that paths of one file can have is told apart, however many there are', async () => {
  const letters = [...'abcdefghijkl'];
  await server.publish({
    '200.html': 'app',
    _headers: letters.map((at) => `/${at}/*\n  X-At: ${at}\n`).join(''),
  });
  for (let round = 0; round < 2; round += 1) {
    for (const letter of letters) expect((await server.ask(`/${letter}/x`)).headers['x-at']).toBe(letter);
    expect((await server.ask('/z/x')).headers['x-at']).toBeUndefined();
  }
});

const types: [string, string][] = [
  ['/index.html', 'text/html; charset=utf-8'],
  ['/app.js', 'text/javascript; charset=utf-8'],
  ['/logo.png', 'image/png'],
  ['/data.bin', 'application/octet-stream'],
  ['/photo.html.jpg', 'image/jpeg'],
  ['/pic.svg', 'image/svg+xml; charset=utf-8'],
  ['/m.wasm', 'application/wasm'],
  ['/plain', 'application/octet-stream'],
];
test.each(types)('%s is served as %s, whatever it holds', async (path, type) => {
  const html = '<script>alert(1)</script>';
  await server.publish({ ...SITE, 'photo.html.jpg': html, 'pic.svg': html, 'm.wasm': html, plain: html });
  expect((await server.ask(path)).headers['content-type']).toBe(type);
});

const encodings: [string, string | undefined][] = [
  ['br, gzip', 'br'],
  ['gzip, deflate, br, zstd', 'br'],
  ['gzip', 'gzip'],
  ['gzip;q=1, br;q=0.5', 'gzip'],
  ['br;q=0, gzip', 'gzip'],
  ['*', 'br'],
  ['*;q=0.1, br;q=0', 'gzip'],
  ['identity', undefined],
  ['deflate', undefined],
  ['br;q=0, gzip;q=0, identity;q=0', undefined],
  ['BR', 'br'],
];
test.each(encodings)('with "accept-encoding: %s" a text comes as %s', async (accepted, encoding) => {
  await server.publish(SITE);
  const answer = await server.ask('/app.js', { headers: { 'accept-encoding': accepted } });
  expect(answer.headers['content-encoding']).toBe(encoding);
  expect(answer.headers.vary).toBe('accept-encoding');
  const plain =
    encoding === 'br'
      ? brotliDecompressSync(answer.body)
      : encoding === 'gzip'
        ? gunzipSync(answer.body)
        : answer.body;
  expect(plain.toString()).toBe(SITE['app.js']);
  expect(answer.headers['content-length']).toBe(String(answer.body.length));
});

test('what does not get smaller is sent as it is', async () => {
  await server.publish(SITE);
  const answer = await server.ask('/logo.png', { headers: { 'accept-encoding': 'br' } });
  expect(answer.headers['content-encoding']).toBeUndefined();
  expect(answer.headers.vary).toBeUndefined();
  expect(answer.body).toEqual(BINARY);
});

test('the ETag is the content, differs for each encoding, and answers 304 without a body', async () => {
  await server.publish(SITE);
  const { headers } = await server.ask('/app.js');
  await server.publish({ 'app.js': SITE['app.js'] ?? '' });
  expect((await server.ask('/app.js')).headers.etag).toBe(`"${sha(SITE['app.js'] ?? '').slice(0, 32)}"`);
  await server.publish(SITE);
  const br = await server.ask('/app.js', { headers: { 'accept-encoding': 'br' } });
  expect(br.headers.etag).not.toBe(headers.etag);
  const etag = headers.etag ?? '';
  for (const match of [etag, `W/${etag}`, `"x", ${etag}`, `"x",W/${etag} , "y"`, '*']) {
    const again = await server.ask('/app.js', { headers: { 'if-none-match': match } });
    expect(again).toMatchObject({ status: 304, text: '', headers: { etag, vary: 'accept-encoding' } });
  }
  for (const miss of ['"x"', etag.slice(1, -1), `"${etag.slice(1, 20)}"`]) {
    expect((await server.ask('/app.js', { headers: { 'if-none-match': miss } })).status).toBe(200);
  }
});

test('a visitor who has a file with headers that the site took away gets it anew, not 304', async () => {
  const site = { 'index.html': 'same', _headers: '/*\n  Content-Security-Policy: script-src none\n' };
  await server.publish(site);
  const strict = (await server.ask('/')).headers;
  expect(strict['content-security-policy']).toBe('script-src none');
  const known = { headers: { 'if-none-match': strict.etag ?? '' } };
  expect((await server.ask('/', known)).status).toBe(304);
  for (const _headers of ['/*\n  X-Other: 1\n', '/none\n  X-Other: 1\n']) {
    await server.publish({ ...site, _headers });
    const answer = await server.ask('/', known);
    expect(answer).toMatchObject({ status: 200, text: 'same' });
    expect(answer.headers['content-security-policy']).toBeUndefined();
  }
});

test('HEAD has the headers of GET and no body', async () => {
  await server.publish(SITE);
  const volatile = { date: '', connection: '', 'keep-alive': '' };
  for (const path of ['/', '/docs/guide', '/nowhere', '/logo.png', '/.well-known/vitrine/status']) {
    const get = await server.ask(path);
    const head = await server.ask(path, { method: 'HEAD' });
    expect(head.text).toBe('');
    expect({ ...head.headers, ...volatile }).toEqual({ ...get.headers, ...volatile });
    expect(head.status).toBe(get.status);
  }
});

const ranges: [string, number, number[] | null, string | undefined][] = [
  ['bytes=0-9', 206, [0, 10], 'bytes 0-9/1000'],
  ['bytes=990-', 206, [990, 1000], 'bytes 990-999/1000'],
  ['bytes=-10', 206, [990, 1000], 'bytes 990-999/1000'],
  ['bytes=-5000', 206, [0, 1000], 'bytes 0-999/1000'],
  ['bytes=990-5000', 206, [990, 1000], 'bytes 990-999/1000'],
  ['bytes=1000-', 416, null, 'bytes */1000'],
  ['bytes=-0', 416, null, 'bytes */1000'],
  ['bytes=9-0', 200, [0, 1000], undefined],
  ['bytes=0-1,5-6', 200, [0, 1000], undefined],
  ['bytes=-', 200, [0, 1000], undefined],
  ['items=0-9', 200, [0, 1000], undefined],
  ['bytes=a-b', 200, [0, 1000], undefined],
];
test.each(ranges)('the range %s answers %i', async (range, status, slice, contentRange) => {
  await server.publish(SITE);
  const answer = await server.ask('/data.bin', { headers: { range, 'accept-encoding': 'br' } });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-range']).toBe(contentRange);
  expect(answer.body).toEqual(slice === null ? Buffer.alloc(0) : BINARY.subarray(...slice));
  expect(answer.headers['content-length']).toBe(String(answer.body.length));
});

test.each(['bytes=0-9', 'bytes=1000-', 'bytes=-5'])('HEAD takes no notice of the range %s', async (range) => {
  await server.publish(SITE);
  const volatile = { date: '', connection: '', 'keep-alive': '' };
  const whole = await server.ask('/app.js', { headers: { 'accept-encoding': 'br' } });
  const head = await server.ask('/app.js', { method: 'HEAD', headers: { range, 'accept-encoding': 'br' } });
  expect([head.status, head.text]).toEqual([200, '']);
  expect({ ...head.headers, ...volatile }).toEqual({ ...whole.headers, ...volatile });
});

test('a range counts only while the file is the one the client knows', async () => {
  await server.publish(SITE);
  const { etag = '' } = (await server.ask('/data.bin')).headers;
  const ranged = async (ifRange: string) =>
    (await server.ask('/data.bin', { headers: { range: 'bytes=0-9', 'if-range': ifRange } })).status;
  expect(await ranged(etag)).toBe(206);
  expect(await ranged('"other"')).toBe(200);
  expect(await ranged(`W/${etag}`)).toBe(200);
  expect(await ranged('Wed, 21 Oct 2015 07:28:00 GMT')).toBe(200);
});

test.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE'])('%s is not allowed', async (method) => {
  await server.publish(SITE);
  expect(await server.ask('/', { method })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
});

test('a file is kept by its visitor only, and asked for again each time: what a host shows may change', async () => {
  await server.publish(SITE);
  for (const path of ['/', '/app.js', '/logo.png']) {
    const { headers } = await server.ask(path);
    expect(headers).toMatchObject({ 'cache-control': 'private, max-age=0, must-revalidate' });
    const again = await server.ask(path, { headers: { 'if-none-match': headers.etag ?? '' } });
    expect(again).toMatchObject({ status: 304, headers: { 'cache-control': headers['cache-control'] } });
  }
  expect((await server.ask('/nowhere')).headers['cache-control']).toBe('no-store');
});

test("the site's own 404.html is shown, with status 404, and is never kept", async () => {
  await server.publish({ ...SITE, '404.html': 'my own 404' });
  const answer = await server.ask('/nowhere', { headers: { 'if-none-match': '*', range: 'bytes=0-1' } });
  expect(answer).toMatchObject({ status: 404, text: 'my own 404', headers: { 'cache-control': 'no-cache' } });
});

const spa: [string, string, number][] = [
  ['/users/7', '*/*', 200],
  ['/users/7', 'text/html', 200],
  ['/users/7.html', '*/*', 200],
  ['/v1.2', 'text/html,*/*', 200],
  ['/missing.js', '*/*', 404],
  ['/missing.png', 'image/png', 404],
];
test.each(spa)('a single-page app answers %s (accept: %s) with %i', async (path, accept, status) => {
  await server.publish({ 'index.html': 'app' }, { spa: true });
  const answer = await server.ask(path, { headers: { accept } });
  expect(answer.status).toBe(status);
  if (status === 200) expect(answer.text).toBe('app');
});

test('200.html is the fallback without any setting', async () => {
  await server.publish({ 'index.html': 'home', '200.html': 'fallback' });
  expect(await server.ask('/deep/link')).toMatchObject({ status: 200, text: 'fallback' });
});

test('a preview without index.html says so and lists nothing', async () => {
  await server.publish({ 'secret-name.html': 'x' });
  const answer = await server.ask('/');
  expect(answer).toMatchObject({ status: 200 });
  expect(answer.text).toContain('no start page');
  expect(answer.text).not.toContain('secret-name');
});

test('publishing moves visitors to the new files at once, and the old ones stay for whoever links them', async () => {
  await server.publish({ 'index.html': 'one' });
  expect((await server.ask('/')).text).toBe('one');
  await server.publish({ 'index.html': 'two' });
  expect((await server.ask('/')).text).toBe('two');
});

test('a file that is gone from the store is an error that says what to do, and is reported', async () => {
  await server.publish({ 'index.html': 'unique content that goes' });
  const unusedSince = new Date(Date.now() + 60_000);
  await server.blobs.delete([sha('unique content that goes')], { unusedSince });
  const answer = await server.ask('/');
  expect(answer).toMatchObject({ status: 500 });
  expect(answer.text).toContain('cannot be shown');
  expect(server.errors.at(-1)).toMatchObject({ code: 'not_found' });
});

test('while the database is away, a site that was visited is served, and the page of another asks to come back', async () => {
  await using away = await disposable();
  await away.publish({ 'index.html': 'visited before' });
  expect((await away.ask('/')).text).toBe('visited before');
  const { findByRoot } = away.artifacts;
  away.artifacts.findByRoot = () => Promise.reject(new VitrineError('unavailable', 'The database is away.'));
  expect((await away.ask('/')).text).toBe('visited before');
  await away.publish({ 'index.html': 'not visited yet' });
  const answer = await away.ask('/');
  expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '5', 'cache-control': 'no-store' } });
  expect(answer.text).toContain('unavailable for a moment');
  away.artifacts.findByRoot = findByRoot;
  expect((await away.ask('/')).text).toBe('not visited yet');
});

async function disposable() {
  const own = await startPreviewServer();
  return { ...own, [Symbol.asyncDispose]: () => own.close() };
}

test('an upload that is not complete is never served', async () => {
  const { root, files } = await server.publish({ 'index.html': 'x' });
  await server.artifacts.delete({ projectId: 'p1', root });
  await server.artifacts.save({ projectId: 'p1', root, files, complete: false });
  await server.publish({ 'index.html': 'y' });
  server.show({ kind: 'live', deploymentId: 'd', projectId: 'p1', root, spa: false });
  expect((await server.ask('/')).status).toBe(500);
});

test('a file larger than the cache is streamed, whole and in parts', async () => {
  const big = Buffer.alloc(6_000_000, 'abcdefghij');
  await server.publish({ 'big.bin': big });
  expect((await server.ask('/big.bin')).body.equals(big)).toBe(true);
  const part = await server.ask('/big.bin', { headers: { range: 'bytes=5999995-' } });
  expect(part).toMatchObject({ status: 206, text: 'fghij' });
});
