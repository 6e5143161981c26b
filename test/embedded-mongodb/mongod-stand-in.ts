import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { nodeForEngine } from '../../embedded-mongodb/engine/glibc.js';
import { programEntry } from '../../embedded-mongodb/process/run.js';

/** mongodb-memory-server takes a smaller file for a broken download. */
const SMALLEST_MONGOD = 1024 * 1024;

/**
 * Writes an executable that takes mongod's flags and is a real server: the engine program, started by two lines of sh. It may say
 * that it has another version than it has.
 */
export async function mongodStandIn(file: string, version?: string): Promise<string> {
  const node = await nodeForEngine({ env: process.env, log: () => undefined });
  const words = [node.command, ...node.args, programEntry('engine/main.js')]
    .map((word) => `'${word}'`)
    .join(' ');
  await mkdir(dirname(file), { recursive: true });
  const says = version === undefined ? '' : `[ "$1" = --version ] && exec echo 'db version v${version}'\n`;
  await writeFile(file, `#!/bin/sh\n${says}exec ${words} "$@"\n#${' '.repeat(SMALLEST_MONGOD)}\n`);
  await chmod(file, 0o755);
  return file;
}
