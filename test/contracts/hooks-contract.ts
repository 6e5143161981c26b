import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '../../demo/expect.js';
import type { ContainerTarget } from '../../src/targets/docker/container-target.js';
import type { ContainerEngine } from '../../src/targets/docker/engine.js';
import type { ContainerHandle } from '../../src/targets/docker/resource.js';
import type { HookCommands, Release, Run } from '../../src/targets/target.js';
import { release } from '../support/builders.js';
import type { Program } from '../support/fake-engine.js';

export interface HooksGround extends AsyncDisposable {
  readonly engine: ContainerEngine;
  image(program: Program): Promise<string>;
  /** A server. All of them are at one address, as those over one database. */
  target(): ContainerTarget;
}

const SAFE = { writable: false, root: false };
const ENDS = { environmentEnds: true };
const OURS = { 'vitrine.server': 'http://vitrine.test' };

/** What targets of containers must do with hooks, on every engine. */
export function testHooks(name: string, open: () => Promise<HooksGround>): void {
  const grounds: HooksGround[] = [];
  afterEach(async () => {
    for (const ground of grounds.splice(0)) await ground[Symbol.asyncDispose]();
  });

  async function start() {
    const ground = await open();
    grounds.push(ground);
    const lines: string[] = [];
    const run = (): Run => ({
      ...{ credentials: undefined, variables: { STAGE: 'preview' }, secrets: { KEY: 'the secret key' } },
      ...{ fetch: globalThis.fetch, visit: async () => 200, signal: new AbortController().signal },
      log: (line) => void lines.push(line),
    });
    const reference = await ground.image(['serve', 'Hello']);
    const releaseOf = (hooks: Partial<HookCommands>, changes: Partial<Release> = {}): Release =>
      release({
        image: { kind: 'external', reference, auth: null },
        hooks: { ...release().hooks, ...hooks },
        ...changes,
      });
    const target = ground.target();
    const deploy = (hooks: Partial<HookCommands>, changes: Partial<Release> = {}) =>
      target.deploy(releaseOf(hooks, changes), SAFE, run());
    const labelled = async () => (await ground.engine.containers(OURS)).map(({ labels }) => labels);
    /** Until this hook prints. */
    const running = (line: string) =>
      eventually(async () => lines, {
        until: (seen) => seen.includes(`  ${line}`),
        otherwise: 'The hook should run.',
      });
    const endHook = async () => {
      const [hook] = await ground.engine.containers({ ...OURS, 'vitrine.role': 'hook' });
      await ground.engine.stopContainer(hook?.id ?? '', 5);
    };
    const another = () => ground.target();
    const { engine } = ground;
    return { engine, another, lines, run, releaseOf, target, deploy, labelled, running, endHook };
  }
  const hooksIn = (lines: readonly string[]) => lines.filter((line) => /^(?:Hook|  \w)/.test(line));

  test(`${name}: created runs once and deployed each time, before the program starts, with its variables`, async () => {
    const { deploy, lines, labelled, target, run } = await start();
    const hooks = { created: 'say "a seed" STAGE', deployed: 'say migrated KEY' };
    const first = await deploy(hooks);
    expect(hooksIn(lines)).toEqual([
      'Hook created: say "a seed" STAGE',
      '  a seed preview',
      'Hook created: done',
      'Hook deployed: say migrated KEY',
      '  migrated ***',
      'Hook deployed: done',
    ]);
    expect(lines.indexOf('Hook deployed: done')).toBeLessThan(
      lines.findIndex((line) => line.startsWith('Started.')),
    );
    expect(await labelled()).toHaveLength(1);
    await deploy(hooks);
    expect(hooksIn(lines)).toHaveLength(6);

    const second = await deploy(hooks, { generation: 2, deploymentId: 'd2' });
    expect(hooksIn(lines).slice(6)).toEqual([
      'Hook deployed: say migrated KEY',
      '  migrated ***',
      'Hook deployed: done',
    ]);
    for (const { handle } of [first, second]) await target.destroy(handle, run(), ENDS);
    expect(await labelled()).toEqual([]);
  });

  test(`${name}: a hook that fails fails its deployment, and what was live stays`, async () => {
    const { deploy, lines, labelled, target, run } = await start();
    const failing = { created: 'fail 3 "no such table"' };
    await expect(deploy(failing)).rejects.toMatchObject({
      code: 'unprocessable',
      message: expect.stringMatching(
        /^The hook "created" \(fail 3 "no such table"\) ended with exit code 3\. .*"hooks\.created".*not started\.$/,
      ),
    });
    expect(lines).toContain('  no such table');
    expect(await labelled()).toEqual([]);

    const { handle } = await deploy({ created: 'say seeded STAGE' }, { deploymentId: 'd2' });
    expect(lines).toContain('Hook created: done');
    const next = { generation: 2, deploymentId: 'd3' };
    await expect(deploy({ deployed: 'fail 137 heavy' }, next)).rejects.toThrow(
      /"deployed" \(fail 137 heavy\)/,
    );
    await expect(deploy({ deployed: 'no-such-command' }, next)).rejects.toMatchObject({
      code: 'unprocessable',
    });
    await expect(deploy({ deployed: 'say "' }, next)).rejects.toThrow(
      /hook "deployed" cannot be read.*"hooks\.deployed"/,
    );
    expect((await labelled()).map((labels) => labels['vitrine.deployment'])).toEqual(['d2']);
    expect(await target.inspect(handle, run())).toMatchObject({ state: 'live' });
  });

  test(`${name}: destroyed runs once when the environment ends, and holds nothing up`, async () => {
    const { deploy, lines, labelled, target, run } = await start();
    const first = await deploy({ destroyed: 'say older STAGE' });
    const second = await deploy({ destroyed: 'fail 1 "bye"' }, { generation: 2, deploymentId: 'd2' });
    await target.destroy(first.handle, run());
    expect(lines.join('\n')).not.toContain('Hook destroyed');
    await target.destroy(second.handle, run(), ENDS);
    await target.destroy(second.handle, run(), ENDS);
    expect(lines.filter((line) => /destroyed|bye/.test(line))).toEqual([
      'Hook destroyed: fail 1 "bye"',
      '  bye',
      expect.stringContaining('The hook "destroyed" (fail 1 "bye") ended with exit code 1.'),
    ]);
    expect(await labelled()).toEqual([]);
    // With another one still there, it is not the end; and without the end nothing is run.
    const third = await deploy({ destroyed: 'say third STAGE' }, { generation: 3, deploymentId: 'd3' });
    const fourth = await deploy({ destroyed: 'say fourth STAGE' }, { generation: 3, deploymentId: 'd4' });
    await target.destroy(third.handle, run(), ENDS);
    await target.destroy(fourth.handle, run());
    expect(lines.join('\n')).not.toMatch(/third|fourth/);
  });

  test(`${name}: two servers, or one before and after its crash, run a hook once`, async () => {
    const { deploy, target, another, releaseOf, lines, labelled, running, endHook, run } = await start();
    const hooks = { created: 'wait seeding' };
    const one = deploy(hooks);
    await running('seeding');
    const other = another().deploy(releaseOf(hooks), SAFE, run());
    await eventually(async () => lines, {
      until: (seen) => seen.filter((line) => line === '  seeding').length === 2,
      otherwise: 'The other server should show the hook that runs.',
    });
    expect(await labelled()).toHaveLength(2);
    await endHook();
    expect((await one).handle).toEqual((await other).handle);
    expect(await labelled()).toHaveLength(1);
    await target.destroy((await one).handle, run());
  });

  test(`${name}: a newer deployment ends the hook of an older one, and runs its own`, async () => {
    const { deploy, lines, labelled, running, target, run } = await start();
    const older = deploy({ created: 'print 1' });
    older.catch(() => undefined);
    await running('line 1');
    const { handle } = await deploy({ created: 'say newer STAGE' }, { generation: 2, deploymentId: 'd2' });
    await expect(older).rejects.toMatchObject({ code: 'stale_head' });
    expect(lines).toContain('  newer preview');
    expect((await labelled()).map((labels) => labels['vitrine.deployment'])).toEqual(['d2']);
    await target.destroy(handle, run());
  });

  test(`${name}: what created of an older deployment has done is not done again`, async () => {
    const { deploy, lines, labelled, running, target, run } = await start();
    const hooks = { created: 'say seeded STAGE', deployed: 'print 1' };
    const older = deploy(hooks);
    older.catch(() => undefined);
    await running('line 1');
    const { handle } = await deploy({ created: 'say again STAGE' }, { generation: 2, deploymentId: 'd2' });
    await expect(older).rejects.toMatchObject({ code: 'stale_head' });
    expect(lines.join('\n')).not.toContain('again');
    expect(await labelled()).toHaveLength(1);
    await target.destroy(handle, run());
  });

  test(`${name}: a hook that a crash left alone is found and removed`, async () => {
    const { deploy, running, target, run, labelled, engine } = await start();
    const work = deploy({ deployed: 'print 1' });
    work.catch(() => undefined);
    await running('line 1');
    const [program] = await engine.containers({ ...OURS, 'vitrine.role': 'app' });
    await engine.removeContainer(program?.id ?? '');
    const left: ContainerHandle[] = [];
    for await (const handle of target.list(run())) left.push(handle);
    expect(left).toMatchObject([{ slug: 'pr-1-hello', generation: 1, deploymentId: 'd1' }]);
    for (const handle of left) await target.destroy(handle, run());
    await expect(work).rejects.toMatchObject({ code: 'unavailable' });
    expect(await labelled()).toEqual([]);
  });
}
