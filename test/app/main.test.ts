import { chmod, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { appKey } from '../support/run-keys.js';
import { mainFixture, SECRET, type MainFixture } from '../support/run-main.js';

let fixture: MainFixture;

beforeEach(async () => {
  fixture = await mainFixture();
});
afterEach(async () => {
  await fixture.close();
});

// test/app/config/config.test.ts has the rules; here is the way to them.
test.each<[string, Record<string, string>, RegExp]>([
  ['one secret is missing', { APP_ID: '1', PRIVATE_KEY: 'x' }, /^vitrine: WEBHOOK_SECRET not set: .*\n$/],
  [
    'the database is not there',
    { MONGODB_URI: 'mongodb://127.0.0.1:9/x' },
    /vitrine: The database cannot be used.*MONGODB_URI.*\n$/,
  ],
])('when %s it does not start, and says so in one line', async (_why, env, line) => {
  const complete = env['APP_ID'] === '1' ? env : { ...fixture.credentials, ...env };
  const { code, output } = await fixture.run(complete).ended;
  expect({ code, line: output.replace(/^.*(info|warn) .*\n/gm, '') }).toEqual({
    code: 1,
    line: expect.stringMatching(line),
  });
});

test('it says where it is and stops in order, with nothing lost, when it is asked to', async () => {
  const { child, said, ended } = fixture.run(fixture.credentials);
  const url = await said(/ready at (http:\S+)/);
  await said(/previews are at http:\/\/<name>\.localhost:\d+/);
  await said(/database: (.*)/);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  child.kill('SIGTERM');
  const { code, output } = await ended;
  expect(code).toBe(0);
  expect(output).not.toContain(SECRET);
  expect(output).not.toContain(appKey().split('\n')[1]);
});

/** A delivery that the server has begun to read and that never ends. */
async function neverEnding(url: string): Promise<{ over: Promise<unknown> }> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  const over = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  const head = 'POST /api/github/webhooks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
  const ours = 'X-GitHub-Event: ping\r\nX-GitHub-Delivery: x\r\nContent-Length: 9\r\n\r\n{';
  await new Promise((resolve) => socket.write(head + ours, resolve));
  // What comes over a later connection is answered after the earlier one was read.
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  return { over };
}

/** Nothing new is taken any more: the server has begun to stop. */
async function refused(url: string): Promise<void> {
  const { port } = new URL(url);
  const isOpen = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), '127.0.0.1', () => resolve(true)).on('error', () =>
        resolve(false),
      );
      socket.on('connect', () => socket.destroy());
    });
  while (await isOpen());
}

// A server that does not stop in order ends after 9.5 s with code 1.
test('a client that never ends its request cannot keep it from stopping', async () => {
  const { child, said, ended } = fixture.run(fixture.credentials);
  const url = await said(/ready at (http:\S+)/);
  const hanging = await neverEnding(url);
  child.kill('SIGTERM');
  expect((await ended).code).toBe(0);
  await hanging.over;
});

// To wait for the client would end with code 0, as above.
test('a second signal does not wait', async () => {
  const { child, said, ended } = fixture.run(fixture.credentials);
  const url = await said(/ready at (http:\S+)/);
  const hanging = await neverEnding(url);
  child.kill('SIGTERM');
  await refused(url);
  child.kill('SIGINT');
  expect((await ended).code).toBe(1);
  await hanging.over;
});

test('SIGINT ends a set-up that nobody has finished yet', async () => {
  const { child, said, ended } = fixture.run({ PORT: '0', MONGODB_URI: fixture.database.uri });
  const address = await said(/Open (http:\S+)/);
  expect((await fetch(address)).status).toBe(200);
  child.kill('SIGINT');
  const { code, output } = await ended;
  expect({ code, faults: output.match(/^vitrine: .*$/gm) }).toEqual({ code: 0, faults: null });
});

test('variables are read from .env, a key from its file, and the process knows better than the file', async () => {
  const { PRIVATE_KEY, ...rest } = fixture.credentials;
  await writeFile(join(fixture.directory, 'app.pem'), PRIVATE_KEY);
  const lines = { ...rest, PRIVATE_KEY_PATH: 'app.pem', PORT: '1', LOG_LEVEL: 'debug' };
  const file = Object.entries(lines).map(([name, value]) => `${name}="${value}"`);
  await writeFile(join(fixture.directory, '.env'), file.join('\n'));
  await chmod(join(fixture.directory, '.env'), 0o600);
  const { said } = fixture.run({ PORT: '0' });
  expect((await fetch(`${await said(/ready at (http:\S+)/)}/healthz`)).status).toBe(200);
});
