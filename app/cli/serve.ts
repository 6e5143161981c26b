import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { checkProcess } from '../config/check-process.js';
import { envToConfig, type Env } from '../config/config.js';
import { createLog } from '../config/log.js';
import { CREDENTIALS, envToSecrets, missingCredentials } from '../config/secrets.js';
import { createApp, type App } from '../create-app.js';
import { refuseInPublic, runSetup } from '../pages/setup/run-setup.js';

interface ServeOptions {
  readonly env: Env;
  readonly envFile: string;
  readonly uid: number | undefined;
  readonly print: (line: string) => void;
  /** Ends a set-up that waits for the operator. A start is not interrupted: the server is closed once it is up. */
  readonly stopping: AbortSignal;
}

/** Starts the server; a server that has no GitHub App yet is given one first. */
export async function serve({ env, envFile, uid, print, stopping }: ServeOptions): Promise<App> {
  const config = envToConfig(env);
  const log = createLog({ level: config.logLevel, clock: { now: () => new Date() }, write: print });
  const isNew = missingCredentials(env).length === CREDENTIALS.length;
  if (isNew) refuseInPublic(config);
  const warnings = checkProcess({ config, env, uid });
  const made = isNew ? await runSetup({ config, envFile, print, log, stopping }) : {};
  const secrets = envToSecrets({ ...env, ...made });
  for (const warning of warnings) log('warn', warning);
  const settings = { env: { ...env, ...made }, config, secrets, problems: [], warnings };
  const app = await createApp(config, secrets, {
    ...{ env, write: print, ...workerOf(availableParallelism()) },
    // Loaded when an administrator first looks at the results.
    examine: async () => (await import('./doctor/run-check.js')).examineServer(settings, envFile),
  });
  log('info', `Vitrine is ready at ${app.url}`);
  log('info', `previews are at ${previewPattern(app)}`);
  return app;
}

/** With a second core, acting on webhooks gets a process of its own; on a single one, that would only cost memory. */
function workerOf(cores: number): { workerProgram?: string } {
  return cores > 1 ? { workerProgram: join(import.meta.dirname, '../worker.js') } : {};
}

function previewPattern({ ports: { previewBase } }: App): string {
  const { protocol, domain, port } = previewBase;
  return `${protocol}://<name>.${domain}${port === undefined ? '' : `:${port}`}`;
}
