import { parseArgs, types } from 'node:util';
import { VitrineError } from '../../src/shared/errors.js';
import { projectVersion } from '../config/project-root.js';
import { migrate, migrationHistory } from './migrate.js';
import { createToken } from './token.js';
import type { CommandSurroundings } from './with-database.js';

export const USAGE = `Usage: npm start -- [command]

Without a command the server starts.

  token create --name <whom>   makes a token for the API and shows it once
  migrate [--to <version>]     brings the database to the newest version, or to the one given
  migrate --history            lists the migrations that are in force
  --help, --version

Everything else is set by environment variables or a .env file: see docs/configuration.md.`;

export interface Arguments {
  readonly words: readonly string[];
  readonly values: Readonly<Record<string, string | boolean | undefined>>;
}

export function readArguments(args: readonly string[]): Arguments {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean' },
        version: { type: 'boolean' },
        name: { type: 'string' },
        to: { type: 'string' },
        history: { type: 'boolean' },
      },
    });
    return { words: positionals, values };
  } catch (error) {
    throw new VitrineError(
      'bad_request',
      `${types.isNativeError(error) ? error.message : String(error)}\n${USAGE}`,
    );
  }
}

/** Runs a command that is not the server, and answers what it has to say. */
export async function runCommand(
  { words, values }: Arguments,
  surroundings: CommandSurroundings,
): Promise<readonly string[]> {
  if (values['help']) return [USAGE];
  if (values['version']) return [projectVersion()];
  const command = words.join(' ');
  if (command === 'token create') return [await createToken(surroundings, String(values['name'] ?? ''))];
  if (command === 'migrate' && values['history']) return migrationHistory(surroundings);
  if (command === 'migrate') return migrate(surroundings, versionOf(values['to']));
  throw new VitrineError('bad_request', `There is no command "${command}".\n${USAGE}`);
}

function versionOf(to: string | boolean | undefined): { to?: number } {
  if (to === undefined) return {};
  if (typeof to === 'string' && /^\d{1,6}$/.test(to)) return { to: Number(to) };
  throw new VitrineError('bad_request', '--to must be the number of a migration; 0 takes all of them back.');
}
