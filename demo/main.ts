import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DemoFailure } from './expect.js';
import { playAlong } from './play-along.js';
import { playOnce } from './play-once.js';
import { setStage } from './stage.js';
import { createTeller } from './teller.js';

const HELP = `Vitrine's demo: a pull request becomes a live preview and disappears again, on embedded parts.

  npm run demo              opens one, leaves it live and says what to click
  npm run demo -- --once    plays the whole story, checks every step, ends with one line of JSON

  --port <number>           the port to serve on (3000; with --once any free one)
  --help                    this text
`;

const { values } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    port: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);

if (values.help) say(HELP);
else process.exitCode = await play();

async function play(): Promise<number> {
  const teller = createTeller({
    write: say,
    colour: process.stdout.isTTY && !process.env.NO_COLOR ? 'on' : 'off',
    now: () => performance.now(),
  });
  const stopping = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());
  const port = Number(values.port ?? (values.once ? 0 : 3000));
  const root = resolve(import.meta.dirname, '../..');
  const started = performance.now();
  try {
    const stage = await setStage({ root, port, path: process.env.PATH ?? '', teller });
    try {
      if (!values.once) return await playAlong(stage, { say, signal: stopping.signal }).then(() => 0);
      const played = await playOnce(stage);
      say(JSON.stringify({ ...played, seconds: Math.round(performance.now() - started) / 1000 }));
      return 0;
    } finally {
      await stage.close();
    }
  } catch (error) {
    if (stopping.signal.aborted) return 0;
    say(error instanceof DemoFailure ? error.message : String(error instanceof Error ? error.stack : error));
    if (values.once)
      say(JSON.stringify({ ok: false, error: String(error instanceof Error ? error.message : error) }));
    return 1;
  }
}
