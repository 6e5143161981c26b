import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { isVitrineError } from '../src/shared/errors.js';
import { freePortOr } from './choose-port.js';
import { DemoFailure } from './expect.js';
import { playAlong } from './play-along.js';
import { playOnce } from './play-once.js';
import { openerOf, showInBrowser } from './show-in-browser.js';
import { setStage, type Stage } from './stage.js';
import { createTeller } from './teller.js';

const HELP = `Vitrine's demo: a pull request gets a live preview, which is removed when the pull request closes. Everything runs on
this machine, GitHub is emulated, and the demo removes all its files at the end.
Where Docker runs, the Node server of its second story runs in a container.

  npm run demo              opens a pull request, publishes its preview, shows the URLs and waits for your commands
  npm run demo -- --once    runs the whole story, checks each step and prints the result as one line of JSON

  --no-open                 does not open the dashboard in a browser
  --port <number>           the port of the previews (default 3000, or a free port if it is taken or with --once)
  --help                    prints this text
`;

const STOPPED = 'The demo was stopped before it was finished.';
const say = (line: string): void => void process.stdout.write(`${line}\n`);
// Ends the process at once: work that was under way when the demo was stopped would keep it alive.
process.exit(await main());

async function main(): Promise<number> {
  const given = readArguments();
  if (given instanceof Error) {
    say(`${given.message}\n\n${HELP}`);
    return 2;
  }
  if (!given.help) return play(given);
  say(HELP);
  return 0;
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'boolean', default: false },
        port: { type: 'string' },
        'no-open': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** The dashboard opens by itself where there is somebody to see it. */
function showing(isQuiet: boolean) {
  const { platform, env, stdout } = process;
  const opener = isQuiet ? null : openerOf({ platform, env, isTerminal: stdout.isTTY });
  return opener === null ? {} : { show: (url: string) => showInBrowser(opener, url) };
}

interface Playing {
  readonly once: boolean;
  readonly port?: string | undefined;
  readonly 'no-open': boolean;
}

async function play({ once, port, 'no-open': isQuiet }: Playing): Promise<number> {
  const started = performance.now();
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
  const { signal } = stopping;
  try {
    const stage = await setStage({
      root: resolve(import.meta.dirname, '../..'),
      port: port === undefined ? (once ? 0 : await freePortOr(3000)) : Number(port),
      path: process.env.PATH ?? '',
      docker: { host: process.env.DOCKER_HOST, nodeImage: process.env.NODE_IMAGE },
      teller: tellerOfTerminal(signal),
    });
    try {
      if (once) return await tellOnce(stage, { signal, started });
      await Promise.race([
        playAlong(stage, { input: process.stdin, say, signal, ...showing(isQuiet) }),
        stopped(signal),
      ]);
      say('  The demo has ended. Everything that it created is removed.');
      return 0;
    } finally {
      await stage.close();
    }
  } catch (error) {
    if (signal.aborted) return once ? failed(STOPPED) : 0;
    say(told(error));
    return once ? failed(error instanceof Error ? error.message : String(error)) : 1;
  }
}

interface Telling {
  readonly signal: AbortSignal;
  readonly started: number;
}

async function tellOnce(stage: Stage, { signal, started }: Telling): Promise<number> {
  const played = await Promise.race([playOnce(stage), stopped(signal)]);
  if (!played) return failed(STOPPED);
  say(JSON.stringify({ ...played, seconds: Math.round(performance.now() - started) / 1000 }));
  return 0;
}

/** The last line is JSON also after a failure: scripts read it. */
function failed(error: string): number {
  say(JSON.stringify({ ok: false, error }));
  return 1;
}

/** Resolves when the demo is stopped: a step may take a minute, and Ctrl-C must not wait for it. */
function stopped(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Prints nothing after the demo was stopped, also for steps that are still under way. */
function tellerOfTerminal(signal: AbortSignal) {
  return createTeller({
    write: (line) => (signal.aborted ? undefined : say(line)),
    colour: process.stdout.isTTY && !process.env.NO_COLOR ? 'on' : 'off',
    now: () => performance.now(),
  });
}

/** Expected errors are shown without a stack. The server's messages name PORT; the demo takes --port. */
function told(error: unknown): string {
  if (isVitrineError(error))
    return error.message.replace('set PORT to', 'say --port with').replace(/^PORT /, '--port ');
  return error instanceof DemoFailure ? error.message : String(error instanceof Error ? error.stack : error);
}
