import { afterEach, expect, test } from '@jest/globals';
import { isVitrineError } from '../../src/shared/errors.js';
import { isFinal } from '../../src/shared/errors.js';
import { REACH_KINDS } from '../../src/shared/reach.js';
import type { Release, Run, Target } from '../../src/targets/target.js';
import { testProgram } from './program-contract.js';

export interface TargetSetup<Options, Handle> {
  readonly target: Target<Options, Handle>;
  /** A release that can be deployed; every slug is a new environment. */
  readonly release: (slug: string, generation: number) => Promise<Release>;
  readonly options: Options;
  readonly credentials: unknown;
  /** Values that must never reach a log, a URL or an error. */
  readonly secrets: readonly string[];
  /** Makes the next call of the host fail: for a while, or for good. */
  readonly failNext: (kind: 'retriable' | 'final') => void;
  /** What a visitor gets at the URLs of the target. */
  readonly visit: Run['visit'];
  /** Ends what the test left running. */
  readonly close?: () => Promise<void>;
}

export interface TargetCase<Options, Handle> {
  readonly name: string;
  readonly create: () => Promise<TargetSetup<Options, Handle>>;
  readonly badOptions: readonly unknown[];
  /** What a program of the target prints each time it starts, all its services together; absent where it starts none. */
  readonly prints?: readonly string[];
}

/** What every target must do. */
export function testTarget<Options, Handle>({
  name,
  create,
  badOptions,
  prints,
}: TargetCase<Options, Handle>): void {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });
  const start = async () => {
    const setup = await create();
    if (setup.close) closing.push(setup.close);
    const lines: string[] = [];
    const run = (signal = new AbortController().signal): Run => ({
      credentials: setup.credentials,
      variables: { TOKEN: setup.secrets[0] ?? 'none' },
      secrets: Object.fromEntries(setup.secrets.map((secret, index) => [`SECRET_${index}`, secret])),
      log: (line) => void lines.push(line),
      signal,
      fetch: globalThis.fetch,
      visit: setup.visit,
    });
    const deploy = async (slug: string, generation = 1) =>
      setup.target.deploy(await setup.release(slug, generation), setup.options, run());
    const listed = async () => {
      const handles: Handle[] = [];
      for await (const handle of setup.target.list(run())) handles.push(handle);
      return handles;
    };
    return { ...setup, lines, run, deploy, listed };
  };
  const failureOf = async (work: Promise<unknown>) => work.then(() => null).catch((error: unknown) => error);

  test(`${name}: a deploy answers a URL and a handle that survives JSON`, async () => {
    const { deploy, target, run } = await start();
    const { url, handle, reach } = await deploy('pr-1-hello');
    expect(new URL(url).protocol).toMatch(/^https?:$/);
    expect(REACH_KINDS).toContain(reach.kind);
    const stored = JSON.parse(JSON.stringify(handle)) as Handle;
    expect(stored).toEqual(handle);
    expect(await target.inspect(stored, run())).toMatchObject({ state: 'live' });
  });

  test(`${name}: deploying twice, also at once, is one resource`, async () => {
    const { deploy, listed } = await start();
    const [first, second] = await Promise.all([deploy('pr-1-hello'), deploy('pr-1-hello')]);
    expect(second).toEqual(first);
    expect(await deploy('pr-1-hello')).toEqual(first);
    expect(await listed()).toEqual([first.handle]);
  });

  test(`${name}: two environments are two resources`, async () => {
    const { deploy, listed } = await start();
    const one = await deploy('pr-1-hello');
    const two = await deploy('pr-2-hello');
    expect(one.url).not.toBe(two.url);
    expect(await listed()).toHaveLength(2);
  });

  test(`${name}: a newer generation takes the place of the older one: at once, or once that is removed`, async () => {
    const { deploy, target, run, listed } = await start();
    const old = await deploy('pr-1-hello', 1);
    const young = await deploy('pr-1-hello', 2);
    // A program is started beside the older one, which visitors see until the newer one answers.
    if (target.earlier === 'removed') {
      expect(await target.inspect(old.handle, run())).toMatchObject({ state: 'live' });
      await target.destroy(old.handle, run());
    }
    expect(await target.inspect(young.handle, run())).toMatchObject({ state: 'live' });
    expect(await target.inspect(old.handle, run())).toMatchObject({ state: 'gone' });
    expect(await listed()).toEqual([young.handle]);
  });

  test(`${name}: an older generation that comes late is refused for good`, async () => {
    const { deploy, target, run } = await start();
    const young = await deploy('pr-1-hello', 2);
    const failure = await failureOf(deploy('pr-1-hello', 1));
    expect(failure).toMatchObject({ code: 'stale_head' });
    expect(isFinal(failure)).toBe(true);
    expect(await target.inspect(young.handle, run())).toMatchObject({ state: 'live' });
  });

  test(`${name}: destroying an old handle leaves the newer generation alone`, async () => {
    const { deploy, target, run } = await start();
    const old = await deploy('pr-1-hello', 1);
    const young = await deploy('pr-1-hello', 2);
    await target.destroy(old.handle, run());
    expect(await target.inspect(young.handle, run())).toMatchObject({ state: 'live' });
  });

  test(`${name}: after destroy nothing is left, and destroying again is fine`, async () => {
    const { deploy, target, run, listed } = await start();
    const { handle } = await deploy('pr-1-hello');
    await target.destroy(handle, run());
    await target.destroy(handle, run());
    expect(await listed()).toEqual([]);
    expect(await target.inspect(handle, run())).toMatchObject({ state: 'gone' });
  });

  test(`${name}: an aborted call ends and changes nothing`, async () => {
    const { release, options, target, run, listed } = await start();
    const aborted = run(AbortSignal.abort(new Error('superseded')));
    const wanted = await release('pr-1-hello', 1);
    await expect(target.deploy(wanted, options, aborted)).rejects.toThrow('superseded');
    expect(await listed()).toEqual([]);
  });

  test.each(badOptions)(`${name}: the options %j are refused with a reason`, async (bad) => {
    const { release, target, run, listed } = await start();
    expect(target.options.safeParse(bad).success).toBe(false);
    const failure = await failureOf(target.deploy(await release('pr-1-hello', 1), bad as Options, run()));
    expect(failure).toMatchObject({ code: 'bad_request' });
    expect(isFinal(failure)).toBe(true);
    expect(await listed()).toEqual([]);
  });

  test(`${name}: a failure for a while may be tried again, and the retry succeeds`, async () => {
    const { deploy, failNext } = await start();
    failNext('retriable');
    const failure = await failureOf(deploy('pr-1-hello'));
    expect(failure).not.toBeNull();
    expect(isFinal(failure)).toBe(false);
    expect((await deploy('pr-1-hello')).url).toMatch(/^http/);
  });

  test(`${name}: a failure for good says so`, async () => {
    const { deploy, failNext } = await start();
    failNext('final');
    const failure = await failureOf(deploy('pr-1-hello'));
    expect(isVitrineError(failure)).toBe(true);
    expect(isFinal(failure)).toBe(true);
  });

  test(`${name}: no secret reaches a log, a URL, a handle or an error`, async () => {
    const { deploy, failNext, lines, secrets } = await start();
    const deployed = await deploy('pr-1-hello');
    failNext('final');
    const failure = await failureOf(deploy('pr-2-hello'));
    const seen = JSON.stringify([deployed, lines, String(failure), failure]);
    expect(lines.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(seen).not.toContain(secret);
  });
  test(`${name}: it is tested as what it is: a target that starts programs, or none`, async () => {
    const { target } = await start();
    const { sleep, logs } = target.capabilities;
    expect([target.starts, sleep !== null, logs !== null]).toEqual(Array(3).fill(prints !== undefined));
  });

  if (prints !== undefined) testProgram({ name, prints, start });
}
