import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHttp } from '../../../action/http/exchange.js';
import { sleep } from '../../../action/http/world.js';
import { parseInputs } from '../../../action/inputs/inputs.js';
import type { Job } from '../../../action/stages/job.js';
import { createLineSplitter, runCommand } from '../../../action/stages/run-command.js';
import { eventually } from '../../../demo/expect.js';
import { makeWorkspace } from '../support/workspace.js';

interface Tried {
  readonly lines: readonly string[];
  readonly error: string | null;
  /** Lines that were logged after the command had ended. */
  readonly late: () => Promise<readonly string[]>;
}

async function tryCommand(
  command: string,
  more: {
    variables?: Record<string, string>;
    stop?: AbortController;
    env?: Record<string, string>;
  } = {},
): Promise<Tried> {
  await using workspace = await makeWorkspace({});
  const lines: string[] = [];
  const stop = more.stop ?? new AbortController();
  const late: string[] = [];
  let over = false;
  const job: Job = {
    world: {
      env: { PATH: process.env['PATH'], ...more.env },
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
      takes: 'files',
      install: null,
      build: null,
      output: null,
      workingDirectory: '.',
      healthPath: '/',
      starts: false,
      start: null,
      port: null,
      hooksMs: 0,
      image: null,
      dockerfile: null,
      registry: null,
      variables: {},
      secrets: {},
    },
    directory: workspace.code,
    variables: {},
    signal: stop.signal,
    redact: (text) => text,
    workspace: workspace.code,
    log: () => undefined,
    output: (line) => {
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
  ])('%s', async (_title, command, expected) => {
    const { lines, error } = await tryCommand(command, { variables: { GIVEN: '$(id) `id`' } });
    expect(error).toBeNull();
    expect([...lines].sort()).toEqual([...expected].sort());
  });

  test.each([
    ['exit 7', '"exit 7" ended with exit code 7.'],
    ['pnpmx install', 'ended with exit code 127. A command was not found: install it in an earlier step'],
    ['false\necho not reached', 'ended with exit code 1.'],
    ['false | cat', 'ended with exit code 1.'],
    ['kill -KILL $$', 'The runner may have run out of memory.'],
    ['kill -TERM $$', 'was ended by SIGTERM.'],
    [`: ${'x'.repeat(300)}; exit 1`, 'xxx..." ended with exit code 1.'],
  ])('%j fails with what happened', async (command, words) => {
    const { lines, error } = await tryCommand(command);
    expect(error).toContain(words);
    expect(lines.filter((line) => !line.includes('command not found'))).toEqual([]);
  });

  test('without bash it says what to install', async () => {
    expect((await tryCommand('true', { env: { PATH: '/nowhere' } })).error).toContain(
      'There is no bash on this runner',
    );
  });

  test('ends with its shell, even if a process that it started holds its output open', async () => {
    const { lines, error } = await tryCommand('sleep 3600 & echo "child $!"');
    const pid = Number(lines[0]?.split(' ')[1]);
    expect([error, await isAlive(pid)]).toEqual([null, true]);
    process.kill(pid);
  });

  test('logs an unfinished line before it ends, and nothing after that', async () => {
    const { lines, late } = await tryCommand('(sleep 600; echo more) & echo "child $!"; printf unfinished');
    expect(lines).toContain('unfinished');
    process.kill(Number(lines.find((line) => line.startsWith('child'))?.split(' ')[1]));
    expect(await late()).toEqual([]);
  });

  test('is stopped with everything it started', async () => {
    const { lines, error } = await tryCommand(
      '(trap "" TERM; sleep 600) & echo "child $!"; sleep 0.2; echo ready; wait',
    );
    expect(error).toBe('enough');
    const pid = Number(lines[0]?.split(' ')[1]);
    await eventually(() => isAlive(pid), {
      until: (alive) => !alive,
      otherwise: 'The process that ignores SIGTERM still runs.',
    });
  });

  test('is not started after the run was cancelled', async () => {
    const stop = new AbortController();
    stop.abort(new Error('too late'));
    expect(await tryCommand('echo started', { stop })).toMatchObject({ lines: [], error: 'too late' });
  });
});

test('the tokens, inputs and command files of this step are withheld from a build', async () => {
  const withheld = {
    GITHUB_TOKEN: 'x',
    gh_token: 'x',
    GITHUB_OUTPUT: 'x',
    GITHUB_ENV: 'x',
    GITHUB_PATH: 'x',
    GITHUB_STEP_SUMMARY: 'x',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x',
    ACTIONS_RUNTIME_TOKEN: 'x',
    'INPUT_GITHUB-TOKEN': 'x',
    INPUT_SECRETS: 'x',
  };
  // The runner finds the processes that a build leaves behind by RUNNER_TRACKING_ID.
  const env = { ...withheld, GITHUB_SHA: 'abc', RUNNER_TRACKING_ID: 'github_1' };
  const { lines } = await tryCommand('env -u PWD -u SHLVL -u _', { variables: { PREVIEW: 'true' }, env });
  const names = lines.map((line) => line.split('=')[0]).filter((name) => name !== 'PATH');
  expect(names.sort()).toEqual(['GITHUB_SHA', 'PREVIEW', 'RUNNER_TRACKING_ID']);
});

describe('output in pieces', () => {
  function split(...chunks: readonly (string | Buffer)[]): string[] {
    const lines: string[] = [];
    const splitter = createLineSplitter((line) => lines.push(line));
    for (const chunk of chunks) splitter.push(Buffer.from(chunk));
    splitter.end();
    return lines;
  }

  test.each([
    [['a\nb\n'], ['a', 'b']],
    [['a\r\nb'], ['a', 'b']],
    [
      ['a\r', '\nb\n'],
      ['a', 'b'],
    ],
    [['10%\r50%\r100%\n'], ['100%']],
    [
      ['10%\r', '100%\r', '\u001b[K', '\ndone\n'],
      ['100%', 'done'],
    ],
    [['half', ' and half\n'], ['half and half']],
    [['a\n\nb\n'], ['a', '', 'b']],
    [['a\r'], ['a']],
    [[], []],
  ])('%j are the lines %j', (chunks, lines) => {
    expect(split(...chunks)).toEqual(lines);
  });

  test('a character that is cut in two is put together again, and invalid bytes are replaced', () => {
    const euro = Buffer.from('€');
    expect(split(euro.subarray(0, 1), euro.subarray(1), Buffer.from([0xff, 0x0a]))).toEqual(['€\ufffd']);
  });

  test('an endless line is cut and its length told', () => {
    const chunks = Array.from({ length: 50 }, () => 'x'.repeat(10_000));
    const [line = '', ...rest] = split(...chunks, '\nnext\n');
    expect(line.length).toBeLessThan(66_000);
    expect(line).toMatch(/\(434464 more characters\)$/);
    expect(rest).toEqual(['next']);
  });

  test('however the bytes are cut, the lines are the same', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '\n', '\r', '€') }),
        fc.array(fc.nat(40)),
        (text, cuts) => {
          const bytes = Buffer.from(text);
          const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
          const chunks = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
          expect(split(...chunks)).toEqual(split(bytes));
        },
      ),
    );
  });
});

/** Whether a process runs or sleeps; one that has ended may wait to be reaped. */
async function isAlive(pid: number): Promise<boolean> {
  const status = await readFile(`/proc/${String(pid)}/stat`, 'utf8').catch(() => '');
  return status !== '' && !/\) [ZX] /.test(status);
}
