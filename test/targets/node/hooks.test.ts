import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { createNodeTarget, type NodeHandle } from '../../../src/targets/node/node.js';
import type { HookCommands, Release, Run } from '../../../src/targets/target.js';
import { release as releaseWith } from '../../support/builders.js';
import { buildOf, openProgramGround, type ProgramGround, serverOf } from '../../support/programs.js';

/** `node hook.js say TEXT VARIABLE`, `fail CODE TEXT`, `stay TEXT`, or `wait TEXT` until there is a file "go" beside it. */
const HOOK = `
  const [what, text, more] = process.argv.slice(2);
  if (what === 'say') console.log(text, process.env[more], process.cwd().endsWith('/app'), Number(process.env.PORT) > 0);
  if (what === 'fail') { console.error(more); process.exit(Number(text)); }
  if (what === 'wait') setInterval(() => require('node:fs').existsSync('go') && process.exit(0), 20);
  if (what === 'stay') setInterval(() => {}, 1000);
  if (what === 'stay' || what === 'wait') console.log(text);`;
const ENDS = { environmentEnds: true };

const grounds: ProgramGround[] = [];
afterEach(async () => {
  for (const ground of grounds.splice(0)) await ground[Symbol.asyncDispose]();
});

async function start(hookLimitMs?: number) {
  const ground = await openProgramGround();
  grounds.push(ground);
  const lines: string[] = [];
  const run: Run = {
    ...{ credentials: undefined, variables: { STAGE: 'preview' }, secrets: { KEY: 'the secret key' } },
    ...{ fetch: globalThis.fetch, visit: async () => 200, signal: new AbortController().signal },
    log: (line) => void lines.push(line),
  };
  const targetOf = (runner = ground.runner) =>
    createNodeTarget({
      ...{ runner, urlOf: (slug: string) => `http://${slug}.localhost` },
      builds: { open: async () => buildOf({ 'server.js': serverOf("'hello'"), 'hook.js': HOOK }) },
      ...(hookLimitMs !== undefined && { hookLimitMs }),
    });
  const target = targetOf();
  const releaseOf = (hooks: Partial<HookCommands>, changes: Partial<Release> = {}): Release =>
    releaseWith({ artifact: 'a'.repeat(64), hooks: { ...releaseWith().hooks, ...hooks }, ...changes });
  const deploy = (hooks: Partial<HookCommands>, changes: Partial<Release> = {}) =>
    target.deploy(releaseOf(hooks, changes), {}, run);
  const listed = async () => {
    const found: NodeHandle[] = [];
    for await (const handle of target.list(run)) found.push(handle);
    return found.map(({ deploymentId }) => deploymentId);
  };
  const another = () => targetOf(ground.another());
  const running = (line: string) =>
    eventually(async () => lines, {
      until: (seen) => seen.includes(`  ${line}`),
      otherwise: 'The hook should run.',
    });
  return { ...ground, run, lines, target, another, releaseOf, deploy, listed, running };
}

const hooksIn = (lines: readonly string[]) => lines.filter((line) => /^(?:Hook|  \w)/.test(line));

test('created runs once and deployed each time, in the folder of the program and with its variables', async () => {
  const { deploy, lines, target, run, listed } = await start();
  const hooks = {
    created: 'node hook.js say "a seed" STAGE',
    deployed: 'node hook.js say migrated KEY',
    destroyed: 'node hook.js say bye KEY',
  };
  const first = await deploy(hooks);
  expect(hooksIn(lines)).toEqual([
    'Hook created: node hook.js say "a seed" STAGE',
    '  a seed preview true true',
    'Hook created: done',
    'Hook deployed: node hook.js say migrated KEY',
    '  migrated *** true true',
    'Hook deployed: done',
  ]);
  const second = await deploy(hooks, { generation: 2, deploymentId: 'd2' });
  expect(hooksIn(lines).slice(6)).toEqual([
    'Hook deployed: node hook.js say migrated KEY',
    '  migrated *** true true',
    'Hook deployed: done',
  ]);
  await target.destroy(first.handle, run, ENDS);
  expect(lines.join('\n')).not.toContain('bye');
  await target.destroy(second.handle, run, ENDS);
  await target.destroy(second.handle, run, ENDS);
  expect(hooksIn(lines).slice(9)).toEqual([
    'Hook destroyed: node hook.js say bye KEY',
    '  bye *** true true',
    'Hook destroyed: done',
  ]);
  expect(await listed()).toEqual([]);
});

test('a hook that fails fails its deployment, and what was live stays', async () => {
  const { deploy, lines, target, run, listed } = await start();
  const created = 'node hook.js fail 3 "no such table"';
  await expect(deploy({ created })).rejects.toMatchObject({
    code: 'unprocessable',
    message: expect.stringMatching(
      /^The hook "created" \(.*\) ended with exit code 3\. .*"hooks\.created".*not started\.$/,
    ),
  });
  expect(lines).toContain('  no such table');
  expect(await listed()).toEqual([]);
  const { handle } = await deploy(
    { created: 'node hook.js say seeded STAGE', destroyed: 'node hook.js fail 1 stuck' },
    { deploymentId: 'd2' },
  );
  expect(lines).toContain('Hook created: done');
  const next = { generation: 2, deploymentId: 'd3' };
  await expect(deploy({ deployed: 'node nothing.js' }, next)).rejects.toThrow(/"deployed" .*exit code 1/);
  await expect(deploy({ deployed: 'npm run a && npm run b' }, next)).rejects.toThrow(
    /^The hook "deployed" has "&", which needs a shell.*"npm run seed"/,
  );
  expect(await listed()).toEqual(['d2']);
  expect(await target.inspect(handle, run)).toMatchObject({ state: 'live' });
  await target.destroy(handle, run, ENDS);
  expect(lines.join('\n')).toContain(
    'The hook "destroyed" (node hook.js fail 1 stuck) ended with exit code 1',
  );
  expect(await listed()).toEqual([]);
});

test('a hook that does not end in time is ended, and said so', async () => {
  const { deploy, listed } = await start(1_500);
  await expect(deploy({ deployed: 'node hook.js stay here' })).rejects.toThrow(
    /did not end within 10 minutes, and was stopped/,
  );
  expect(await listed()).toEqual([]);
});

test('two servers, or one before and after its crash, run a hook once', async () => {
  const { deploy, lines, running, another, releaseOf, run, dataDir } = await start();
  const hooks = { created: 'node hook.js wait seeding' };
  const one = deploy(hooks);
  await running('seeding');
  const other = another().deploy(releaseOf(hooks), {}, run);
  await eventually(async () => lines, {
    until: (seen) => seen.filter((line) => line === '  seeding').length === 2,
    otherwise: 'The other server should show the hook that runs.',
  });
  await writeFile(join(dataDir, 'programs/pr-1-hello-g1-d1/app/go'), '');
  expect((await one).handle).toEqual((await other).handle);
});

test('a newer deployment ends the hook of an older one, and repeats nothing that is done', async () => {
  const { deploy, lines, running, listed } = await start();
  const oldest = deploy({ created: 'node hook.js stay one' });
  oldest.catch(() => undefined);
  await running('one');
  const older = deploy(
    { created: 'node hook.js say seeded STAGE', deployed: 'node hook.js stay two' },
    { generation: 2, deploymentId: 'd2' },
  );
  older.catch(() => undefined);
  await expect(oldest).rejects.toMatchObject({ code: 'stale_head' });
  await running('two');
  await deploy({ created: 'node hook.js say again STAGE' }, { generation: 3, deploymentId: 'd3' });
  await expect(older).rejects.toMatchObject({ code: 'stale_head' });
  expect(lines).toContain('  seeded preview true true');
  expect(lines.join('\n')).not.toContain('  again');
  expect(await listed()).toEqual(['d3']);
});
