import { parseArgs } from 'node:util';

/** The options of the engine program, named as mongod names them. */
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

/** The engine has no authentication, so it listens on the loopback interface only. */
function loopback(value: string): string {
  const address = value === 'localhost' ? '127.0.0.1' : value;
  if (address === '127.0.0.1' || address === '::1') return address;
  throw new Error(
    `--bind_ip must be 127.0.0.1, ::1 or localhost, not "${value}": this engine has no authentication`,
  );
}
