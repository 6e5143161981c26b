import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { createHttp } from '../../../action/http/exchange.js';
import { parseInputs } from '../../../action/inputs/inputs.js';
import { sleep } from '../../../action/http/world.js';
import type { Job } from '../../../action/stages/job.js';
import { childEnvironment, runCommand } from '../../../action/stages/run-command.js';
import { allowed } from '../../support/allowed.js';
import { makeWorkspace } from '../support/workspace.js';

interface Tried {
  readonly lines: readonly string[];
  readonly error: string | null;
  /** What came after the command was over. */
  readonly late: () => Promise<readonly string[]>;
}

async function tryCommand(
  command: string,
  more: { variables?: Record<string, string>; stop?: AbortController; path?: string } = {},
): Promise<Tried> {
  await using workspace = await makeWorkspace({});
  const lines: string[] = [];
  const stop = more.stop ?? new AbortController();
  const late: string[] = [];
  let over = false;
  const job: Job = {
    world: {
      env: { PATH: more.path ?? process.env['PATH'], GITHUB_TOKEN: 'ghs_x', GITHUB_SHA: 'abc' },
      http: createHttp(),
      print: () => undefined,
      now: () => new Date(),
      sleep,
      random: () => 0,
      stopped: stop.signal,
    },
    inputs: parseInputs({}),
    plan: {
      target: 'x',
      install: null,
      build: null,
      output: null,
      workingDirectory: '.',
      healthPath: '/',
      variables: {},
    },
    directory: workspace.code,
    variables: {},
    signal: stop.signal,
    redact: (text) => text,
    workspace: workspace.code,
    log: (line) => {
      (over ? late : lines).push(line);
      if (line === 'ready') stop.abort(new Error('enough'));
    },
  };
  const error = await runCommand(job, { command, variables: more.variables ?? {} }).then(
    () => null,
    (thrown: unknown) => (thrown instanceof Error ? thrown.message : String(thrown)),
  );
  over = true;
  const turns = async (): Promise<readonly string[]> => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return late;
  };
  return { lines, error, late: turns };
}

describe('a command', () => {
  test.each([
    ['prints on both streams', 'echo out; echo err >&2', ['out', 'err']],
    ['may have several lines', 'A=1\nB=2\necho $A$B', ['12']],
    ['sees the variables, as they are', 'echo "$GIVEN"', ['$(id) `id`']],
    ['does not see the token of the job', 'echo "[$GITHUB_TOKEN][$GITHUB_SHA]"', ['[][abc]']],
  ])('%s', async (_title, command, expected) => {
    const { lines, error } = await tryCommand(command, { variables: { GIVEN: '$(id) `id`' } });
    expect(error).toBeNull();
    expect([...lines].sort()).toEqual([...expected].sort());
  });

  test.each([
    ['exit 7', '"exit 7" ended with exit code 7.'],
    ['pnpmx install', 'ended with exit code 127. A command was not found: set it up in a step before'],
    ['false\necho not reached', 'ended with exit code 1.'],
    ['false | cat', 'ended with exit code 1.'],
    ['kill -KILL $$', 'Perhaps the runner had no memory left.'],
    ['kill -TERM $$', 'was ended by SIGTERM.'],
    [`: ${'x'.repeat(300)}; exit 1`, 'xxx..." ended with exit code 1.'],
  ])('%j fails with what happened', async (command, words) => {
    const { lines, error } = await tryCommand(command);
    expect(error).toContain(words);
    expect(lines.filter((line) => !line.includes('command not found'))).toEqual([]);
  });

  test('without bash it says what to install', async () => {
    expect((await tryCommand('true', { path: '/nowhere' })).error).toContain(
      'There is no bash on this runner',
    );
  });

  test('is over when it ends, even if something it started holds its output open', async () => {
    const began = Date.now();
    const { lines, error } = await tryCommand('sleep 600 & echo "child $!"');
    expect([error, Date.now() - began < allowed(10_000)]).toEqual([null, true]);
    process.kill(Number(lines[0]?.split(' ')[1]));
  });

  test('has said all it will say when it is over: an unfinished line comes before the end, nothing after it', async () => {
    const { lines, late } = await tryCommand('(printf unfinished; sleep 3; echo more) & echo "child $!"');
    expect(lines).toContain('unfinished');
    process.kill(Number(lines.find((line) => line.startsWith('child'))?.split(' ')[1]));
    expect(await late()).toEqual([]);
  });

  test('is stopped with everything it started', async () => {
    const { lines, error } = await tryCommand(
      '(trap "" TERM; sleep 30) & echo "child $!"; sleep 0.2; echo ready; wait',
    );
    expect(error).toBe('enough');
    const pid = Number(lines[0]?.split(' ')[1]);
    const deadline = Date.now() + allowed(10_000);
    while ((await isAlive(pid)) && Date.now() < deadline) await sleep(20, new AbortController().signal);
    expect(await isAlive(pid)).toBe(false);
  });

  test('is not even started when nobody wants it any more', async () => {
    const stop = new AbortController();
    stop.abort(new Error('too late'));
    expect(await tryCommand('echo started', { stop })).toMatchObject({ lines: [], error: 'too late' });
  });
});

test('what only this step may know is kept from the code of a pull request', () => {
  const kept = childEnvironment(
    {
      PATH: '/bin',
      HOME: '/root',
      GITHUB_SHA: 'a',
      GITHUB_TOKEN: 'x',
      GH_TOKEN: 'x',
      GITHUB_OUTPUT: 'x',
      GITHUB_ENV: 'x',
      GITHUB_PATH: 'x',
      GITHUB_STEP_SUMMARY: 'x',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
      ACTIONS_RUNTIME_TOKEN: 'x',
      'INPUT_GITHUB-TOKEN': 'x',
      INPUT_SECRETS: 'x',
      NOTHING: undefined,
    },
    { PREVIEW: 'true' },
  );
  expect(kept).toEqual({ PATH: '/bin', HOME: '/root', GITHUB_SHA: 'a', PREVIEW: 'true' });
});

/** Whether a process runs or sleeps; one that has ended may wait to be reaped. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  return status !== '' && !/\) [ZX] /.test(status);
}
