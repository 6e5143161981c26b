/** A small GitHub runner: one step, `uses:` a JavaScript Action, nothing simulated about the process itself. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { RunContext } from '../github/story/run-context.js';
import { readManifest } from './action-manifest.js';
import { createCommandFiles, readCommandFiles } from './command-files.js';
import { GITHUB_PATIENCE, runProcess, type Patience } from './run-process.js';
import { stepEnvironment } from './runner-environment.js';
import {
  addMask,
  createStepLog,
  readLine,
  type Annotation,
  type LogGroup,
  type StepLog,
} from './workflow-commands.js';

export interface RunActionOptions {
  /** The folder that holds action.yml. */
  readonly action: string;
  /** From `startRun` of the emulated GitHub. */
  readonly run: RunContext;
  /** Where the repository is checked out. */
  readonly workspace: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** `env:` of the step. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
  /** Aborting is "Cancel workflow": SIGINT, later SIGTERM, later SIGKILL. */
  readonly signal?: AbortSignal;
  readonly patience?: Patience;
}

export interface ActionResult {
  readonly exitCode: number;
  /** The signal that ended the process, if one did. */
  readonly signal: string | undefined;
  readonly outputs: Readonly<Record<string, string>>;
  readonly state: Readonly<Record<string, string>>;
  /** What the step exported for later steps through GITHUB_ENV. */
  readonly exported: Readonly<Record<string, string>>;
  /** Markdown of the job summary. */
  readonly summary: string;
  readonly annotations: readonly Annotation[];
  readonly groups: readonly LogGroup[];
  /** As the log page shows it: secrets hidden. */
  readonly log: string;
  /** Every value that was hidden. */
  readonly masked: readonly string[];
}

export async function runAction(options: RunActionOptions): Promise<ActionResult> {
  const { run, patience = GITHUB_PATIENCE, signal } = options;
  const temp = await mkdtemp(join(tmpdir(), 'runner-'));
  const log = logFor(run);
  try {
    const { script, env, files } = await prepare(options, temp);
    const onLine = (line: string): void => {
      const shown = readLine(log, line);
      if (shown !== undefined) options.onLine?.(shown);
    };
    const ended = await runProcess({ script, cwd: options.workspace, env, patience, signal, onLine });
    const { annotations, groups, masked, lines } = log;
    return {
      ...ended,
      ...(await readCommandFiles(files)),
      annotations,
      groups,
      masked,
      log: lines.join('\n'),
    };
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

/** The runner hides the job's own credentials without being asked. */
function logFor({ token, idToken }: RunContext): StepLog {
  const log = createStepLog();
  addMask(log, token);
  if (idToken) addMask(log, idToken.requestToken);
  return log;
}

async function prepare({ action, run, workspace, inputs = {}, env = {} }: RunActionOptions, temp: string) {
  const folder = resolve(action);
  const manifest = await readManifest(folder);
  const eventPath = join(temp, 'event.json');
  await mkdir(join(temp, 'tool-cache'));
  await writeFile(eventPath, JSON.stringify(run.event, null, 2));
  const files = await createCommandFiles(join(temp, 'file-commands'));
  const step = { run, manifest, action: folder, workspace, temp, eventPath, files, inputs, env };
  return { script: join(folder, manifest.main), env: stepEnvironment(step), files };
}
