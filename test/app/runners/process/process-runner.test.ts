import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { findTools } from '../../../../app/runners/process/sandbox.js';
import { eventually } from '../../../../demo/expect.js';
import type { ProgramRunner, RunningProgram } from '../../../../src/targets/node/runner.js';
import { ROOT } from '../../../support/architecture/read-sources.js';
import { buildOf, openProgramGround, serverOf, SUPERVISOR } from '../../../support/programs.js';

const ID = { slug: 'pr-1-hello', generation: 1, deploymentId: 'd1' };
const tools = await findTools();
const bare = async () => ({ ...tools, bwrap: null });
/** Needs bubblewrap, in a system that lets it work: `apt-get install bubblewrap`. */
const withSandbox = tools.bwrap === null ? test.skip : test;

const page = async ({ host, port }: RunningProgram, path = '/') =>
  (await fetch(`http://${host}:${String(port)}${path}`)).text();

/** What it answers, once it does. */
const answerOf = (program: RunningProgram) =>
  eventually(() => page(program).catch(() => null), {
    until: (text) => text !== null,
    otherwise: 'The program should answer.',
  });

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const gone = (pids: readonly number[]) =>
  eventually(async () => pids.filter(isThere), {
    until: (left) => left.length === 0,
    otherwise: 'Every process of the program should have ended.',
  });

async function linesOf(runner: ProgramRunner, since = new Date(0)) {
  const lines = [];
  for await (const line of runner.follow(ID, { since }, new AbortController().signal)) lines.push(line);
  return lines;
}

describe.each([
  ['in no sandbox', bare],
  ...(tools.bwrap === null ? [] : [['in a sandbox', findTools] as const]),
] as const)('%s', (_where, find) => {
  test('a program finds its own variables and nothing of the server in its environment', async () => {
    await using ground = await openProgramGround(find);
    process.env['VITRINE_CANARY'] = 'canary-of-the-server';
    const said: string[] = [];
    const environment = { GREETING: 'hi', NODE_ENV: 'staging', PORT: '1', LD_PRELOAD: '/tmp/evil.so' };
    const build = buildOf({ 'server.js': serverOf('JSON.stringify(process.env)') });
    const order = ground.order({ environment, build, log: (line) => void said.push(line) });
    const program = await ground.runner.start(order);
    const { HOME, PATH, PWD, ...rest } = JSON.parse((await answerOf(program)) ?? '') as Record<
      string,
      string
    >;
    delete process.env['VITRINE_CANARY'];
    expect(rest).toEqual({
      ...{ GREETING: 'hi', NODE_ENV: 'staging', HOST: '127.0.0.1', PORT: String(program.port) },
    });
    expect(HOME).toBe(join(ground.dataDir, 'programs/pr-1-hello-g1-d1/home'));
    expect(PATH).not.toContain(ROOT);
    expect(PWD ?? '').not.toContain(ROOT);
    expect(said.join('\n')).toContain('LD_PRELOAD');
    expect(program.port).toBeGreaterThanOrEqual(30_000);
    expect(program.port).toBeLessThan(40_000);
  });

  test('a stop ends all processes of it, a wake starts it at once again, and its log goes on', async () => {
    await using ground = await openProgramGround(find);
    const { runner } = ground;
    const child = `require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' }).unref();`;
    const build = buildOf({
      'server.js': serverOf('process.env.ROUND', `${child} console.log('round ' + process.env.ROUND);`),
    });
    const first = await runner.start(ground.order({ build, environment: { ROUND: 'one' } }));
    expect(await answerOf(first)).toBe('one');
    await runner.stop(ID);
    await runner.stop(ID);
    expect(await runner.inspect(ID)).toEqual({ state: 'stopped' });
    await gone([Number(first.id)]);
    await expect(page(first)).rejects.toThrow();
    const second = await runner.wake(ID, { environment: { ROUND: 'two' } });
    if (second === null) throw new Error('It should be there.');
    expect(await answerOf(second)).toBe('two');
    expect(await runner.wake(ID, { environment: {} })).toEqual(second);
    await runner.stop(ID);
    const lines = await linesOf(runner);
    expect(lines.map(({ text }) => text)).toEqual(['round one', 'round two']);
    expect(lines[1]?.at.getTime()).toBeGreaterThan(lines[0]?.at.getTime() ?? 0);
    await runner.remove(ID);
    expect(await runner.inspect(ID)).toBeNull();
    expect(await runner.wake(ID, { environment: {} })).toBeNull();
  });
});

test('a process that left the group of the program ends with it', async () => {
  await using ground = await openProgramGround(bare);
  const first = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' }); child.unref();`;
  const build = buildOf({ 'server.js': serverOf('child.pid', first) });
  const program = await ground.runner.start(ground.order({ build }));
  const child = Number(await answerOf(program));
  expect(isThere(child)).toBe(true);
  await ground.runner.remove(ID);
  await gone([Number(program.id), child]);
});

test('a program outlives its server, also one that is killed, and the next server finds and ends it', async () => {
  await using ground = await openProgramGround();
  const { dataDir, runner } = ground;
  const module = (path: string) => pathToFileURL(join(ROOT, 'build/app/runners/process', path)).href;
  const server = `
    import { createProcessRunner } from ${JSON.stringify(module('process-runner.js'))};
    const runner = createProcessRunner(${JSON.stringify({ dataDir, supervisor: SUPERVISOR })});
    const text = ${JSON.stringify(serverOf("'still here'", "console.log('begun');"))};
    const build = {
      files: [{ path: 'server.js', size: text.length, hash: '' }],
      async *read() { yield Buffer.from(text); },
    };
    const order = ${JSON.stringify({ ...ground.order(), build: null })};
    console.log(JSON.stringify(await runner.start({ ...order, build, log: () => undefined })));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', server], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const program = JSON.parse(said.toString()) as RunningProgram;
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await answerOf(program)).toBe('still here');
  expect(await runner.inspect(ID)).toEqual(program);
  expect(await runner.start(ground.order())).toEqual(program);
  const listed = [];
  for await (const id of runner.list()) listed.push(id);
  expect(listed).toEqual([ID]);
  await runner.stop(ID);
  expect((await linesOf(runner)).map(({ text }) => text)).toEqual(['begun']);
  await runner.remove(ID);
  await gone([Number(program.id)]);
});

test('two servers that start one program at once start it once', async () => {
  await using ground = await openProgramGround();
  const [one, two] = await Promise.all([
    ground.runner.start(ground.order()),
    ground.another().start(ground.order()),
  ]);
  expect(two).toEqual(one);
});

test('a later attempt of one deployment that brings another build takes the place of the first one', async () => {
  await using ground = await openProgramGround();
  const first = await ground.runner.start(ground.order());
  const build = buildOf({ 'server.js': serverOf("'second attempt'") });
  const second = await ground.runner.start(ground.order({ build, version: '2' }));
  expect(await answerOf(second)).toBe('second attempt');
  await gone([Number(first.id)]);
});

test('a program that ended by itself says how, and is no longer there for visitors', async () => {
  await using ground = await openProgramGround();
  const build = buildOf({ 'server.js': "console.error('out of luck'); process.exit(7);" });
  await ground.runner.start(ground.order({ build }));
  const seen = await eventually(() => ground.runner.inspect(ID), {
    until: (state) => state?.state === 'ended' && state.code !== null,
    otherwise: 'It should have ended.',
  });
  expect(seen).toEqual({ state: 'ended', code: 7, signal: null });
  expect(await ground.runner.lastLines(ID, 5)).toEqual(['out of luck']);
});

test('another process that got the number of one that ended is left alone', async () => {
  await using ground = await openProgramGround();
  const { dataDir, runner } = ground;
  const stranger = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
  const dir = join(dataDir, 'programs/pr-1-hello-g1-d1');
  mkdirSync(dir, { recursive: true });
  const leader = { pid: stranger.pid, started: 'long ago' };
  const record = { leader, port: 30_000, version: '1', command: ['node'], memoryBytes: 1, healthPath: '/' };
  writeFileSync(join(dir, 'record.json'), JSON.stringify(record));
  expect(await runner.inspect(ID)).toMatchObject({ state: 'ended' });
  await runner.stop(ID);
  await runner.remove(ID);
  expect(isThere(stranger.pid ?? 0)).toBe(true);
  stranger.kill('SIGKILL');
});

test('a program that wants more memory than it may have ends, and others go on', async () => {
  await using ground = await openProgramGround();
  const greedy =
    "const all = []; for (let n = 0; n < 2048; n += 1) all.push(Buffer.alloc(1024 * 1024, 1)); console.log('had all');";
  const memoryBytes = 128 * 1024 ** 2;
  await ground.runner.start(ground.order({ build: buildOf({ 'server.js': greedy }), memoryBytes }));
  await eventually(() => ground.runner.inspect(ID), {
    until: (state) => state?.state === 'ended',
    otherwise: 'It should have ended.',
  });
  if (tools.prlimit !== null) expect(await ground.runner.lastLines(ID, 500)).not.toContain('had all');
});

withSandbox(
  'in the sandbox there is no other folder of the server, no other process, and no way to change the system',
  async () => {
    await using ground = await openProgramGround();
    writeFileSync(join(ground.dataDir, 'secret'), 'canary');
    const tried = `[
    () => require('node:fs').readFileSync(${JSON.stringify(join(ground.dataDir, 'secret'))}, 'utf8'),
    () => require('node:fs').readFileSync(${JSON.stringify(join(ROOT, 'package.json'))}, 'utf8'),
    () => require('node:fs').readFileSync('../record.json', 'utf8'),
    () => require('node:fs').readFileSync('/proc/${String(process.pid)}/environ', 'utf8'),
    () => require('node:fs').writeFileSync('/usr/canary', 'canary'),
    () => require('node:fs').writeFileSync(process.env.HOME + '/note', 'allowed'),
  ].map((attempt) => { try { attempt(); return 'done'; } catch (error) { return error.code; } })`;
    const build = buildOf({ 'server.js': serverOf(`JSON.stringify(${tried})`) });
    const program = await ground.runner.start(ground.order({ build }));
    const results = JSON.parse((await answerOf(program)) ?? '') as string[];
    expect(results).toEqual(['ENOENT', 'ENOENT', 'ENOENT', 'ENOENT', 'EROFS', 'done']);
  },
);

test('commands of packages are found, as npm would link them, and the files are those of the build', async () => {
  await using ground = await openProgramGround();
  const build = buildOf({
    'package.json': '{"scripts":{"start":"greeter \\"$PORT\\""}}',
    'node_modules/greeter/package.json': '{"name":"greeter","bin":"./cli.js"}',
    'node_modules/greeter/cli.js': `#!/usr/bin/env node\n${serverOf('process.argv[2]')}`,
  });
  const program = await ground.runner.start(ground.order({ build, command: ['npm', 'start'] }));
  expect(await answerOf(program)).toBe(String(program.port));
});

test('a range of Node versions that this server has not is told before the start', async () => {
  const { runner } = await openProgramGround();
  const [major = ''] = process.versions.node.split('.');
  for (const range of [null, `>=${major}`, `${major}.x`, 'whatever'])
    expect(await runner.runtimeFor(range)).toMatchObject({
      node: process.versions.node,
      os: process.platform,
    });
  await expect(runner.runtimeFor('^4')).rejects.toThrow(/asks for Node \^4 .* with Node \d/);
});
