import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { projectRoot } from '../../app/config/project-root.js';
import { playAlong } from '../../demo/play-along.js';
import { setStage, type Stage } from '../../demo/stage.js';
import { createTeller } from '../../demo/teller.js';
import { visit } from '../../demo/visit.js';
import { githubOptions } from '../support/start-test-github.js';

const ROOT = projectRoot();
/** Only an answer that never comes waits so long. */
const PATIENCE_MS = 120_000;
const lines: string[] = [];
const say = (line: string): void => void lines.push(line);
const input = new PassThrough();
const stopping = new AbortController();
let stage: Stage;
let root = ROOT;
let played: Promise<void>;

beforeAll(async () => {
  const teller = createTeller({ write: say, colour: 'off', now: () => performance.now() });
  const set = await setStage({ root: ROOT, port: 0, path: '/usr/bin:/bin', teller, github: githubOptions() });
  stage = Object.defineProperty({ ...set }, 'root', { get: () => root });
  played = playAlong(stage, { input, say, signal: stopping.signal });
  await prompted(1);
});

afterAll(async () => {
  input.end();
  stopping.abort();
  await played;
  await stage.close();
});

const prompts = (): number => lines.filter((line) => line.startsWith('  Now type')).length;

async function prompted(times: number): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (prompts() < times) {
    if (Date.now() > deadline) throw new Error(`No answer came. Said so far:\n${lines.join('\n')}`);
    await new Promise((wake) => setTimeout(wake, 20));
  }
}

/** Types a line and reads until the demo asks again. */
async function type(line: string): Promise<string> {
  const from = lines.length;
  const before = prompts();
  input.write(`${line}\n`);
  await prompted(before + 1);
  return lines.slice(from).join('\n');
}

const address = (of: string): string => new RegExp(`http://${of}\\S*`).exec(lines.join('\n'))?.[0] ?? '';
const status = async (url: string): Promise<number> => (await visit(url)).status;

test('the first thing to click is the pull request, then the preview, and what can be typed is named', async () => {
  const said = lines.join('\n');
  expect(said).toMatch(/The pull request\s+http:\/\/127\.0\.0\.1:\d+\/acme\/hello\/pull\/1 {2}\(start here/);
  expect(said).toMatch(/The preview\s+http:\/\/pr-1-hello\.localhost:\d+\n/);
  expect(said.indexOf('  The pull request  ')).toBeLessThan(said.indexOf('  The preview  '));
  expect(lines.at(-1)).toBe('  Now type  push, break, close, guestbook  or  quit  and press Enter.');
  expect(await status(address('127.0.0.1:\\d+/acme/hello/pull/1'))).toBe(200);
  expect(await status(address('pr-1-hello'))).toBe(200);
});

test('a newcomer reads no timestamps, no levels and nothing of the insides', () => {
  expect(lines.join('\n')).not.toMatch(/\d{4}-\d\d-\d\dT|\binfo\b|migrated/);
});

test('a second pull request has to wait for the end of the first, and nothing happens', async () => {
  expect(await type('open')).toBe(
    '  Pull request 1 is open already: close it first, then open another one.\n' +
      '  Now type  push, break, close, guestbook  or  quit  and press Enter.',
  );
  expect(await status(address('pr-1-hello'))).toBe(200);
});

test('an order that does not exist is answered with those that do; an empty line and capitals do no harm', async () => {
  const known = /push {2,}pushes a new commit[^]*break[^]*close[^]*quit/;
  expect(await type('dance')).toMatch(/^ {2}"dance" is not a command\.\n/);
  expect(lines.slice(-7).join('\n')).toMatch(known);
  expect(await type('')).toMatch(known);
  expect(await type('  HELP ')).toMatch(known);
});

test('a push shows the new version at the same address, and says where', async () => {
  const said = await type('push');
  expect(said).not.toMatch(/✗/);
  expect(said).toMatch(/The preview\s+http:\/\/pr-1-hello/);
  expect((await visit(address('pr-1-hello'))).body).toContain('Hello again');
});

test('a broken commit leaves the last good preview, may be followed by another one, and a push mends it', async () => {
  for (const order of ['break', 'break']) {
    const said = await type(order);
    expect(said).not.toMatch(/✗/);
    expect(said).toMatch(/pull\/1\s+\(the check is red/);
    expect(said).toMatch(/The last good preview\s+http:\/\/pr-1-hello/);
  }
  expect(await type('push')).not.toMatch(/✗/);
});

test('after the end of a pull request only opening another one makes sense, and every other order says so', async () => {
  await type('break');
  const said = await type('close');
  expect(said).toContain('✓ The comment says that the preview was removed');
  expect(said).toMatch(/The removed preview\s+http:\/\/pr-1-hello/);
  expect(lines.at(-1)).toBe('  Now type  open, guestbook  or  quit  and press Enter.');
  expect(await status(address('pr-1-hello'))).toBe(410);
  for (const order of ['close', 'push', 'break'])
    expect(await type(order)).toBe(
      '  No pull request is open: type open for another one.\n' +
        '  Now type  open, guestbook  or  quit  and press Enter.',
    );
});

test('another pull request gets a branch, a number and an address of its own', async () => {
  expect(await type('open')).toMatch(/The pull request\s+\S+\/pull\/2 /);
  expect(await status(address('pr-2-hello'))).toBe(200);
  expect(await type('push')).not.toMatch(/✗/);
  await type('close');
  expect(await status(address('pr-2-hello'))).toBe(410);
});

test('a run that fails half-way loses nothing: the pull request is still there to be pushed to and closed', async () => {
  root = '/nowhere';
  expect(await type('open')).toMatch(/✗ The Action builds[^]*That did not work/);
  expect(lines.at(-1)).toBe('  Now type  push, break, close, guestbook  or  quit  and press Enter.');
  root = ROOT;
  expect(await type('push')).not.toMatch(/✗/);
  expect((await visit(address('pr-3-hello'))).body).toContain('Hello again');
  root = '/nowhere';
  expect(await type('push')).toMatch(/✗/);
  root = ROOT;
  expect(await type('close')).not.toMatch(/✗/);
  expect(await status(address('pr-3-hello'))).toBe(410);
});

test('one that was never built can be closed too', async () => {
  root = '/nowhere';
  await type('open');
  root = ROOT;
  const said = await type('close');
  expect(said).not.toMatch(/✗/);
  expect(said).toContain('✓ The comment says that there was no preview');
  expect(lines.at(-1)).toBe('  Now type  open, guestbook  or  quit  and press Enter.');
});

test('quit ends it', async () => {
  input.write('quit\n');
  await expect(played).resolves.toBeUndefined();
  expect(stage.github.violations).toEqual([]);
});
