import { resolve } from 'node:path';
import { isVitrineError } from '../src/shared/errors.js';
import { type Arguments, answerAtOnce, readArguments } from './cli/arguments.js';
import type { App } from './create-app.js';

const ENV_FILE = resolve('.env');

async function main(): Promise<void> {
  const args = readArguments(process.argv.slice(2));
  const answer = answerAtOnce(args);
  if (answer !== null) return void process.stdout.write(`${answer}\n`);
  if (args.words.join(' ') === 'doctor') return examine(args.values);
  // Each command loads what it needs: the whole server takes a second.
  const { readEnvironment } = await import('./config/config.js');
  const print = (line: string) => void process.stderr.write(`${line}\n`);
  const surroundings = async () => ({
    env: await readEnvironment({ env: process.env, file: ENV_FILE }),
    print,
  });
  if (args.words.length > 0) {
    const { runCommand } = await import('./cli/run-command.js');
    const said = await runCommand(args, await surroundings());
    process.stdout.write(`${said.join('\n')}\n`);
    return;
  }
  const { serve } = await import('./cli/serve.js');
  const stopping = new AbortController();
  const { signal } = stopping;
  const starting = surroundings().then((found) =>
    serve({ ...found, envFile: ENV_FILE, uid: process.getuid?.(), stopping: signal }),
  );
  const started = starting.catch((error: unknown) => {
    if (!signal.aborted || error !== signal.reason) throw error;
    return undefined;
  });
  stopWhenTold(started, stopping);
  await started;
}

/** Looks at the settings even where they keep a server from starting. Connections that hang do not keep the process. */
async function examine({ json }: Arguments['values']): Promise<void> {
  const { stdout, env } = process;
  const { runDoctor } = await import('./cli/doctor/run-doctor.js');
  const code = await runDoctor({
    ...{ env, envFile: ENV_FILE, uid: process.getuid?.() },
    json: json === true,
    colours: stdout.isTTY && !env['NO_COLOR'],
    write: (text) => void stdout.write(text),
  });
  stdout.write('', () => process.exit(code));
}

/** The first signal lets go of everything in order, the second does not wait. Without its database it ends by itself, so that a supervisor notices. */
function stopWhenTold(started: Promise<App | undefined>, stopping: AbortController): void {
  let asked = false;
  const stop = (code: number) => {
    asked = true;
    stopping.abort();
    // Nothing may keep a supervisor waiting for longer than it has patience.
    setTimeout(() => process.exit(1), 9_500).unref();
    started
      .then((app) => app?.close())
      .then(
        () => process.exit(code),
        () => process.exit(1),
      );
  };
  const told = () => (asked ? process.exit(1) : stop(0));
  process.on('SIGTERM', told).on('SIGINT', told);
  started
    .then((app) => app?.lost)
    .then(
      (reason) => reason && !asked && stop(1),
      // main() reports why the start failed.
      () => undefined,
    );
}

/** People get the sentence that was written for them; anything else is a fault of ours and shows where. */
function fail(error: unknown): never {
  const text = isVitrineError(error) ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`vitrine: ${text}\n`);
  process.exit(1);
}

process.on('uncaughtException', fail).on('unhandledRejection', fail);
main().catch(fail);
