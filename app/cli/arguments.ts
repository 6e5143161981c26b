import { parseArgs } from 'node:util';
import { messageOf, VitrineError } from '../../src/shared/errors.js';
import { projectVersion } from '../config/project-root.js';

/** What a command line says. It loads nothing of the server: who asks for help or mistypes a word is answered at once. */

export const USAGE = `Usage: npm start -- [command]

Without a command the server starts.

  doctor [--json]              checks what a server needs, and says what to do: docs/doctor.md
  token create --name <whom>   makes a token for the API and shows it once
  migrate status|up|down       shows, applies or takes back migrations: npm run migrate -- --help
  statistics recount           counts the statistics anew from the deployments
  --help, --version

Everything else is set by environment variables or a .env file: see docs/configuration.md.`;

export const MIGRATE_USAGE = `Usage: npm run migrate -- <what> [--to <version>]

  status               lists every migration: when it was applied, and how long it took
  up [--to <version>]  applies what is missing, up to the newest version or to the one given
  down [--to <version>]
                       takes back the newest migration, or all above the version given; 0 takes back all
  --help

The database is the one of the server: MONGODB_URI, or the one under DATA_DIR, which a running server holds: stop the server first.
Take a snapshot before "down": it drops what the earlier version cannot say. See docs/migrations.md.`;

const DOCTOR_USAGE = `Usage: npm start -- doctor [--json]

Looks at everything that a server needs, and says what to do about what is not right: settings, database, disk, clock, DNS, certificates, the way
to PUBLIC_URL, the GitHub App, the container engine and its limits, ports and addresses. It changes nothing, and may run beside the server.

  --json   prints one JSON document: use "npm start --silent -- doctor --json"
  --help

It exits with 0 when nothing failed, warnings allowed, and with 1 otherwise. docs/doctor.md explains every check.`;

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
        json: { type: 'boolean' },
      },
    });
    return { words: positionals, values };
  } catch (error) {
    throw new VitrineError('bad_request', `${messageOf(error)}\n${USAGE}`);
  }
}

/** The answer to `--help` and `--version`; null when something is to be done. */
export function answerAtOnce({ words, values }: Arguments): string | null {
  const [first] = words;
  if (values['version']) return projectVersion();
  if (!values['help']) return null;
  if (first === 'doctor') return DOCTOR_USAGE;
  return first === 'migrate' ? MIGRATE_USAGE : USAGE;
}
