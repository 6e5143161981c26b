import { expect, test } from '@jest/globals';
import { createNodeTarget } from '../../../src/targets/node/node.js';
import type { Release, Run } from '../../../src/targets/target.js';
import { release } from '../../support/builders.js';
import { buildOf, openProgramGround, serverOf } from '../../support/programs.js';

type Files = Parameters<typeof buildOf>[0];

async function openTarget(files: Files, patienceMs?: number) {
  const ground = await openProgramGround();
  const lines: string[] = [];
  const target = createNodeTarget({
    runner: ground.runner,
    builds: { open: async () => buildOf(files) },
    urlOf: (slug) => `http://${slug}.localhost`,
    ...(patienceMs !== undefined && { patienceMs }),
  });
  const run: Run = {
    ...{ credentials: undefined, variables: {}, secrets: { KEY: 'secret-of-the-preview' } },
    ...{ log: (line) => void lines.push(line), signal: new AbortController().signal },
    ...{ fetch: globalThis.fetch, visit: async () => 200 },
  };
  const deploy = (changes: Partial<Release> = {}) =>
    target.deploy(release({ artifact: 'a'.repeat(64), ...changes }), {}, run);
  const listed = async () => {
    const found = [];
    for await (const handle of target.list(run)) found.push(handle);
    return found;
  };
  const close = () => ground[Symbol.asyncDispose]();
  return { target, run, lines, deploy, listed, [Symbol.asyncDispose]: close };
}

const program = { ...release().program };

test('a program that ends at its start is told with its exit code and last lines, without secrets, and nothing stays', async () => {
  await using opened = await openTarget({
    'server.js': 'console.log("no database at " + process.env.KEY); process.exit(3);',
  });
  const failure = opened.deploy();
  await expect(failure).rejects.toMatchObject({ code: 'unprocessable' });
  await expect(failure).rejects.toThrow(/ended with exit code 3\. It said last: no database at \*\*\*/);
  expect(opened.lines.join('\n')).toContain('no database at ***');
  expect(await opened.listed()).toEqual([]);
});

test('a program that listens elsewhere is asked whether it listens at $PORT, and one that answers with errors is quoted', async () => {
  await using deaf = await openTarget({ 'server.js': 'setInterval(() => {}, 1000);' }, 1_000);
  await expect(deaf.deploy()).rejects.toThrow(
    /within 1 seconds \(it does not accept connections\)\. Does it listen on 0\.0\.0\.0:\$PORT or 127\.0\.0\.1:\$PORT\? PORT is 3\d{4} here/,
  );
  // Long enough for any machine to start it, and to ask it once.
  const failing = { 'server.js': serverOf("(response.statusCode = 500, 'no')") };
  await using broken = await openTarget(failing, 4_000);
  await expect(broken.deploy()).rejects.toThrow(/it answers HTTP 500/);
  expect(await broken.listed()).toEqual([]);
});

test('a program that answers only at its own host name starts, and is found live', async () => {
  const answer =
    "(response.statusCode = request.headers.host === 'pr-1-hello.localhost' ? 200 : 403, 'here')";
  await using opened = await openTarget({ 'server.js': serverOf(answer) });
  const { handle } = await opened.deploy();
  expect(await opened.target.inspect(handle, opened.run)).toMatchObject({ state: 'live' });
});

test('a commit of an author who may not write is not started, and the reason says who may approve it', async () => {
  await using opened = await openTarget({ 'server.js': serverOf("'hello'") });
  await expect(opened.deploy({ trusted: false })).rejects.toThrow(/write permission.*Ask for an approval/);
  expect(await opened.listed()).toEqual([]);
});

test('a start command with a pipe, another Node, and no build are told before anything is started', async () => {
  await using opened = await openTarget({
    'server.js': serverOf("'hello'"),
    'package.json': '{ "engines": { "node": "^4" } }',
  });
  await expect(opened.deploy({ program: { ...program, start: 'node a | tee' } })).rejects.toThrow('"|"');
  await expect(opened.deploy()).rejects.toThrow('asks for Node ^4');
  await expect(opened.deploy({ artifact: null })).rejects.toThrow('upload the build first');
  expect(await opened.listed()).toEqual([]);
});

test('it sleeps and wakes at a port that it says, and what it printed can be followed', async () => {
  await using opened = await openTarget({ 'server.js': serverOf("'hello'", 'console.log("begun");') });
  const { target, run } = opened;
  const { sleep, logs } = target.capabilities;
  const { handle, containers } = await opened.deploy();
  expect(containers).toEqual([
    {
      id: expect.stringMatching(/^\d+$/),
      service: 'app',
      image: `node ${process.versions.node}`,
      host: '127.0.0.1',
      port: expect.any(Number),
    },
  ]);
  await sleep?.stop(handle, run);
  expect(await target.inspect(handle, run)).toMatchObject({ state: 'sleeping' });
  const reach = await sleep?.wake(handle, run);
  expect(reach).toEqual(await sleep?.wake(handle, run));
  if (reach?.kind !== 'upstream') throw new Error('It should be passed on.');
  const answer = await fetch(`http://${reach.host}:${String(reach.port)}`);
  expect(await answer.text()).toBe('hello');
  expect(await target.inspect(handle, run)).toMatchObject({ state: 'live' });
  await sleep?.stop(handle, run);
  const lines = [];
  for await (const line of logs?.follow(handle, { since: new Date(0) }, run) ?? []) lines.push(line);
  expect(lines.map(({ text, stream, service }) => [text, stream, service])).toEqual([
    ['begun', 'stdout', 'app'],
    ['begun', 'stdout', 'app'],
  ]);
});

test('a program that ends later is unhealthy, with how it ended', async () => {
  await using opened = await openTarget({
    'server.js': serverOf("(setTimeout(() => process.exit(9), 50), 'bye')"),
  });
  const { target, run } = opened;
  const { handle } = await opened.deploy();
  for (;;) {
    const found = await target.inspect(handle, run);
    if (found.detail === 'Its program ended with exit code 9.') break;
    expect(['live', 'unhealthy']).toContain(found.state);
  }
});
