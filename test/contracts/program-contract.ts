import { expect, test } from '@jest/globals';
import type { ProgramLine, Run, Target } from '../../src/targets/target.js';

/** What the contract of targets starts a test with. */
interface Started<Options, Handle> {
  readonly target: Target<Options, Handle>;
  readonly run: (signal?: AbortSignal) => Run;
  readonly deploy: (slug: string, generation?: number) => Promise<{ readonly handle: Handle }>;
  readonly listed: () => Promise<readonly Handle[]>;
}

interface ProgramCase<Options, Handle> {
  readonly name: string;
  /** What all services of a program print each time they start, in any order. */
  readonly prints: readonly string[];
  readonly start: () => Promise<Started<Options, Handle>>;
}

type Follow<Handle> = NonNullable<Target<unknown, Handle>['capabilities']['logs']>['follow'];

function capabilitiesOf<Options, Handle>({ target }: Started<Options, Handle>) {
  const { sleep, logs } = target.capabilities;
  if (!sleep || !logs)
    throw new Error(`The target ${target.name} starts programs, and can neither stop them nor read them.`);
  return { sleep, logs };
}

/** What every target must do that starts programs. */
export function testProgram<Options, Handle>({ name, prints, start }: ProgramCase<Options, Handle>): void {
  test(`${name}: a program is stopped once and woken once, however often that is asked, and is reached where the wake says`, async () => {
    const started = await start();
    const { target, run, deploy, listed } = started;
    const { sleep } = capabilitiesOf(started);
    const { handle } = await deploy('pr-1-hello');
    for (let times = 0; times < 2; times += 1) await sleep.stop(handle, run());
    expect(await target.inspect(handle, run())).toMatchObject({ state: 'sleeping' });
    expect(await listed()).toEqual([handle]);
    const reach = await sleep.wake(handle, run());
    expect(await sleep.wake(handle, run())).toEqual(reach);
    expect(await statusAt(reach)).toBe(200);
    expect(await target.inspect(handle, run())).toMatchObject({ state: 'live' });
    expect(await listed()).toEqual([handle]);
  });

  test(`${name}: a program that is removed while it sleeps is gone, is not woken again, and stopping it is fine`, async () => {
    const started = await start();
    const { target, run, deploy, listed } = started;
    const { sleep } = capabilitiesOf(started);
    const { handle } = await deploy('pr-1-hello');
    await sleep.stop(handle, run());
    await target.destroy(handle, run());
    expect(await target.inspect(handle, run())).toMatchObject({ state: 'gone' });
    await sleep.stop(handle, run());
    await expect(sleep.wake(handle, run())).rejects.toMatchObject({ code: 'not_found' });
    expect(await listed()).toEqual([]);
  });

  test(`${name}: what a program prints is read until it stops, and the same for a reader that comes back, also after it woke`, async () => {
    const started = await start();
    const { run, deploy } = started;
    const { sleep, logs } = capabilitiesOf(started);
    const { handle } = await deploy('pr-1-hello');
    const read = (since: Date, { stopAt }: { stopAt: number }) =>
      linesOf(logs.follow, { handle, since, run: run(), stopAt, stop: () => sleep.stop(handle, run()) });
    const first = await read(new Date(0), { stopAt: prints.length });
    expect(textsOf(first)).toEqual([...prints].sort());
    expect(await read(new Date(0), { stopAt: Infinity })).toEqual(first);

    await sleep.wake(handle, run());
    // That time included, from the service whose last line is the oldest.
    const since = new Date(Math.min(...lastTimes(first)));
    const known = first.filter(({ at }) => at >= since);
    const again = await read(since, { stopAt: known.length + prints.length });
    expect(again).toEqual(expect.arrayContaining(known));
    expect(textsOf(again)).toEqual([...textsOf(known), ...prints].sort());
  });
}

async function statusAt(reach: unknown): Promise<number> {
  const { host, port } = reach as { host: string; port: number };
  return (await fetch(`http://${host}:${String(port)}/`)).status;
}

interface Reading<Handle> {
  readonly handle: Handle;
  readonly since: Date;
  readonly run: Run;
  /** The program is stopped after so many lines, which ends what is read. */
  readonly stopAt: number;
  readonly stop: () => Promise<void>;
}

/** By service, each in its own order. */
async function linesOf<Handle>(
  follow: Follow<Handle>,
  { handle, since, run, stopAt, stop }: Reading<Handle>,
): Promise<readonly ProgramLine[]> {
  const lines: ProgramLine[] = [];
  for await (const line of follow(handle, { since }, run)) {
    lines.push(line);
    if (lines.length === stopAt) await stop();
  }
  return lines.sort((one, other) => (one.service < other.service ? -1 : Number(one.service > other.service)));
}

function textsOf(lines: readonly ProgramLine[]): string[] {
  return lines.map(({ text }) => text).sort();
}

function lastTimes(lines: readonly ProgramLine[]): number[] {
  const last = new Map(lines.map(({ service, at }) => [service, at.getTime()]));
  return [...last.values()];
}
