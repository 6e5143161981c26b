import { resolve } from 'node:path';
import { isVitrineError } from '../src/shared/errors.js';
import { DOCTOR_USAGE, runDoctor } from './cli/doctor/run-doctor.js';
import { readArguments, runCommand } from './cli/run-command.js';
import { serve } from './cli/serve.js';
import { readEnvironment } from './config/config.js';
import { projectVersion } from './config/project-root.js';
import type { App } from './create-app.js';

const ENV_FILE = resolve('.env');

async function main(): Promise<void> {
  const args = readArguments(process.argv.slice(2));
  if (args.words.join(' ') === 'doctor') return examine(args.values);
  const print = (line: string) => void process.stderr.write(`${line}\n`);
  const surroundings = async () => ({
    env: await readEnvironment({ env: process.env, file: ENV_FILE }),
    print,
  });
  if (args.words.length > 0 || args.values['help'] || args.values['version']) {
    const said = await runCommand(args, await surroundings());
    process.stdout.write(`${said.join('\n')}\n`);
    return;
  }
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
async function examine({ json, help, version }: ReturnType<typeof readArguments>['values']): Promise<void> {
  const { stdout, env } = process;
  if (help || version) return void stdout.write(`${help ? DOCTOR_USAGE : projectVersion()}\n`);
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
