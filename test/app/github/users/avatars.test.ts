import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { PNG } from 'pngjs';
import { avatarAddress, createAvatars, ownAvatarHosts } from '../../../../app/github/users/avatars.js';
import { createSafeFetch } from '../../../../app/http/safe-fetch.js';
import { until } from '../../../contracts/until.js';

const picture = PNG.sync.write(new PNG({ width: 2, height: 2 }));
const asked: string[] = [];
let answer: (response: ServerResponse) => void;
let website = '';

const server = createServer((request, response) => {
  asked.push(request.url ?? '');
  answer(response);
});
const png = (response: ServerResponse) => send(response, 'image/png', picture);
const send = (response: ServerResponse, type: string, body: string | Buffer) =>
  void response.writeHead(200, { 'content-type': type }).end(body);

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  website = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
beforeEach(() => {
  asked.length = 0;
  answer = png;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const SOON = { keptMs: 1, againMs: 1 };

function avatarsOf(avatarUrl: string | null, times = {}) {
  const failures: string[] = [];
  const avatars = createAvatars({
    safeFetch: createSafeFetch({ allowPrivateAddresses: ownAvatarHosts(website) }),
    users: { byLogin: async (login) => (login === 'mona' ? ({ avatarUrl } as never) : null) },
    website,
    log: (_level, _message, { error } = {}) => void failures.push(String(error)),
    times: { patienceMs: 60_000, ...times },
  });
  return { avatars, failures };
}

test('a picture is asked for once, in a small size, however many pages show it', async () => {
  const { avatars } = avatarsOf(`${website}/avatars/5?v=4`);
  const found = await Promise.all(Array.from({ length: 20 }, () => avatars.find('mona')));
  expect(asked).toEqual(['/avatars/5?v=4&s=64']);
  const same = { type: 'image/png', bytes: picture, hash: expect.stringMatching(/^[\w-]{43}$/) };
  expect(found).toEqual(found.map(() => same));
  expect(await avatars.find('nobody')).toBe('none');
  expect(asked).toHaveLength(1);
});

test.each([
  ['javascript:alert(1)', null],
  ['not an address', null],
  ['https://example.com/u/1', null],
  ['https://avatars.githubusercontent.com.example.com/u/1', null],
  ['https://avatars.githubusercontent.com@example.com/u/1', null],
  ['http://avatars.githubusercontent.com/u/1', null],
  ['http://169.254.169.254/latest', null],
  ['https://ghes.example.com:8443/avatars/u/1', null],
  ['https://avatars.githubusercontent.com/u/1?v=4', 'https://avatars.githubusercontent.com/u/1?v=4&s=64'],
  ['https://ghes.example.com/avatars/u/1?s=400', 'https://ghes.example.com/avatars/u/1?s=64'],
  ['https://avatars.ghes.example.com/u/1', 'https://avatars.ghes.example.com/u/1?s=64'],
])('of %s, %s is asked', (given, address) => {
  expect(avatarAddress(given, 'https://ghes.example.com')).toBe(address);
});

test('only the host of the operator may be in a private network', async () => {
  expect(ownAvatarHosts('https://github.com')).toEqual([]);
  expect(ownAvatarHosts('https://[fd00::1]')).toContain('fd00::1');
  const other = `http://127.0.0.2:${new URL(website).port}/avatars/5`;
  for (const url of [other, `http://localhost:${new URL(website).port}/avatars/5`, null])
    expect(await avatarsOf(url).avatars.find('mona')).toBe('none');
  expect(asked).toEqual([]);
});

const HTML = '<script>alert(1)</script>';
test.each<[string, (response: ServerResponse) => void]>([
  ['a redirect', (response) => void response.writeHead(302, { location: `${website}/x` }).end()],
  ['an error', (response) => void response.writeHead(503, { 'content-type': 'image/png' }).end(picture)],
  ['a page', (response) => send(response, 'text/html', HTML)],
  ['a page that is called a picture', (response) => send(response, 'image/png', HTML)],
  ['a picture that can hold a script', (response) => send(response, 'image/svg+xml', '<svg/>')],
  ['a picture that is called a page', (response) => send(response, 'text/html', picture)],
  ['a picture without an end', (response) => send(response, 'image/png', Buffer.concat([picture, HUGE]))],
  ['nothing', (response) => void response.destroy()],
])('there is no picture when GitHub answers with %s', async (_name, answered) => {
  answer = answered;
  const { avatars, failures } = avatarsOf(`${website}/avatars/5`);
  expect(await avatars.find('mona')).toBe('later');
  expect(asked).toEqual(['/avatars/5?s=64']);
  expect(failures).toHaveLength(1);
});
const HUGE = Buffer.alloc(256 * 1024);

test('a page does not wait for a GitHub that does not answer, and has the picture once it does', async () => {
  const waiting: ServerResponse[] = [];
  answer = (response) => void waiting.push(response);
  const { avatars } = avatarsOf(`${website}/avatars/5`, { patienceMs: 5 });
  expect(await avatars.find('mona')).toBe('later');
  await until(async () => waiting[0]);
  expect(await avatars.find('mona')).toBe('later');
  for (const response of waiting) png(response);
  await until(async () => ((await avatars.find('mona')) === 'later' ? null : true));
  expect(asked).toHaveLength(1);
});

test('the last picture stays when GitHub has none any more, and a new one takes its place', async () => {
  const { avatars, failures } = avatarsOf(`${website}/avatars/5`, SOON);
  const first = await avatars.find('mona');
  expect(first).toMatchObject({ bytes: picture });
  answer = (response) => void response.writeHead(500).end();
  await until(async () => {
    expect(await avatars.find('mona')).toEqual(first);
    return failures[0];
  });
  const other = PNG.sync.write(new PNG({ width: 3, height: 3 }));
  answer = (response) => send(response, 'IMAGE/PNG; x=y', other);
  await until(async () => {
    const found = await avatars.find('mona');
    return typeof found === 'object' && Buffer.from(found.bytes).equals(other) ? found : null;
  });
});
