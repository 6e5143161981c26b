import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { VitrineError } from '../../src/shared/errors.js';
import type { HealthCheck } from '../../src/shared/health.js';
import {
  type Commands,
  FailedAfterMaking,
  type Made,
  MAX_HANDLE_BYTES,
} from '../../src/targets/command/command.js';
import { COMMAND_VARIABLES } from '../../src/variables/names.js';
import { parseJson } from '../http/json.js';
import { type CommandJob, runCommand } from './run-command.js';

interface CommandsInput {
  /** Null: a run that only removes. */
  readonly deployCommand: string | null;
  readonly destroyCommand: string | null;
  readonly health: HealthCheck;
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * The two commands of the workflow. Each gets the names of two files: one for the URL, one for JSON of its own. The deploy command finds the
 * JSON of the deployment before it there, and writes its own; the destroy command finds both as they were written.
 */
export function createCommands(job: CommandJob, input: CommandsInput): Commands {
  const { deployCommand, destroyCommand, health, variables } = input;
  return {
    health,
    deploy: ({ slug, previous }) =>
      withFiles({ url: '', handle: previous?.handle ?? null }, job, async (files) => {
        const command = required(deployCommand, 'deploy-command');
        const before = await readFiles(files);
        const all = { ...variables, ...variablesFor(slug, files) };
        try {
          await runCommand(job, { command, variables: all });
        } catch (error) {
          throw await withMade(error, { before, files, redact: job.redact });
        }
        return made(job, await readFiles(files));
      }),
    destroy: ({ slug, url, handle }) =>
      withFiles({ url, handle }, job, async (files) => {
        const command = required(destroyCommand, 'destroy-command');
        await runCommand(job, { command, variables: { ...variables, ...variablesFor(slug, files) } });
      }),
  };
}

function required(command: string | null, input: 'deploy-command' | 'destroy-command'): string {
  if (command !== null) return command;
  throw new VitrineError('unprocessable', `Set the input "${input}".`);
}

interface Files {
  readonly url: string;
  readonly handle: string;
}

/** Outside of the checkout: what a build publishes must not contain them. */
async function withFiles<T>(
  { url, handle }: Made,
  { world }: Pick<CommandJob, 'world'>,
  work: (files: Files) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(world.env['RUNNER_TEMP'] || tmpdir(), 'vitrine-command-'));
  const files = { url: join(folder, 'url'), handle: join(folder, 'handle.json') };
  try {
    await writeFile(files.url, url === '' ? '' : `${url}\n`);
    await writeFile(files.handle, handle === null ? '' : `${JSON.stringify(handle)}\n`);
    return await work(files);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function variablesFor(slug: string, files: Files): Record<string, string> {
  const { slug: slugName, urlFile, handleFile } = COMMAND_VARIABLES;
  return { [slugName]: slug, [urlFile]: files.url, [handleFile]: files.handle };
}

/** A command may remove a file that it does not use. */
async function readFiles(files: Files): Promise<Files> {
  const read = (path: string) => readFile(path, 'utf8').catch(() => '');
  const [url, handle] = await Promise.all([read(files.url), read(files.handle)]);
  return { url: url.trim(), handle: handle.trim() };
}

interface FailedCommand {
  readonly before: Files;
  readonly files: Files;
  readonly redact: (text: string) => string;
}

/** A command that fails at its end may have made something: then it must be removed one day. */
async function withMade(error: unknown, { before, files, redact }: FailedCommand): Promise<unknown> {
  const after = await readFiles(files);
  const wrote = after.url !== '' || after.handle !== before.handle;
  return wrote ? new FailedAfterMaking(error, keepable(after, redact)) : error;
}

function made({ redact }: Pick<CommandJob, 'redact'>, written: Files): Made {
  const problem = problemOf(written, redact);
  if (problem === null) return keepable(written, redact);
  throw new FailedAfterMaking(new VitrineError('unprocessable', problem), keepable(written, redact));
}

/** What the server may keep of it. */
function keepable({ url, handle }: Files, redact: (text: string) => string): Made {
  const open = (text: string) => (redact(text) === text ? text : '');
  return { url: addressIn(open(url)) ?? '', handle: jsonIn(open(handle)) ?? null };
}

function problemOf({ url, handle }: Files, redact: (text: string) => string): string | null {
  const { urlFile, handleFile } = COMMAND_VARIABLES;
  if (url === '')
    return `The command ended and did not say where the preview is: write its URL into the file that $${urlFile} names.`;
  if (addressIn(url) === null)
    return `The file that $${urlFile} names must hold one http or https URL without a password.`;
  if (jsonIn(handle) === undefined)
    return `The file that $${handleFile} names must hold JSON of at most ${String(MAX_HANDLE_BYTES / 1024)} KiB, or nothing.`;
  if (redact(handle) !== handle || redact(url) !== url)
    return `A file of the command holds a secret, and the server would keep it: leave it out, and give it to the destroy command by the input "secrets".`;
  return null;
}

const LONGEST_URL = 2_000;

function addressIn(text: string): string | null {
  const url = text.length <= LONGEST_URL && URL.canParse(text) ? new URL(text) : null;
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || /\s/.test(text)) return null;
  return text;
}

/** Undefined for what is no JSON, or too much of it; null for an empty file. */
function jsonIn(text: string): Made['handle'] | undefined {
  if (text === '') return null;
  if (Buffer.byteLength(text) > MAX_HANDLE_BYTES) return undefined;
  return parseJson(text) as Made['handle'] | undefined;
}
