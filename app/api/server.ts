import { describeApi } from '../../src/contract/openapi.js';
import type { Page } from '../../src/contract/operation.js';
import { checkReadiness, describeServer, type server, showReference } from '../../src/contract/server.js';
import { PREVIEWS } from '../../src/contract/dashboard/previews.js';
import { START } from '../../src/contract/dashboard/start.js';
import { SIGN_IN } from '../../src/contract/people/sign-in.js';
import { VitrineError } from '../../src/shared/errors.js';
import { INSTANCE } from '../http/server.js';
import { withTimeout } from '../http/with-timeout.js';
import type { Ports } from '../ports.js';
import { loadPage } from '../render.js';
import type { Handler, Handlers } from './handler.js';
import { createReference } from './reference.js';

interface ServerFacts {
  readonly version: string;
  /** Asks the database for a sign of life. */
  readonly ping: () => Promise<void>;
}

export function serverHandlers({ version, ping }: ServerFacts): Handlers<typeof server> {
  const render = loadPage<HomeModel>({ template: 'home', style: 'setup-style' });
  const facts = {
    version,
    api: describeServer.path,
    ready: checkReadiness.path,
    signIn: SIGN_IN,
    start: START,
    reference: showReference.path,
  };
  const home = render(facts);
  let description: ReturnType<typeof describeApi> | undefined;
  const described = () => (description ??= describeApi(version));
  let reference: Page | undefined;
  return {
    async showHome(_ports, { accept, session }) {
      if (!wantsJson(accept))
        return session ? { status: 303, body: { location: PREVIEWS } } : { status: 200, body: home };
      const remedy = `GET ${describeServer.path} lists what there is.`;
      throw new VitrineError('not_found', `There is a page for people here. ${remedy}`);
    },
    // The database is not asked, so that its failure does not make a supervisor kill the process.
    checkHealth: async () => ({ ok: true, instance: INSTANCE }),
    checkReadiness: createReadiness(ping),
    describeServer: async () => described(),
    showReference: async ({ publicUrl }) =>
      (reference ??= createReference({ base: publicUrl, description: describeServer.path })(described())),
  };
}

interface HomeModel {
  readonly version: string;
  /** The paths of the API's description and of the readiness check. */
  readonly api: string;
  readonly ready: string;
  readonly signIn: string;
  readonly start: string;
  readonly reference: string;
}

function wantsJson(accept: string): boolean {
  return /\bjson\b/i.test(accept) && !/\btext\/html\b/i.test(accept);
}

const PATIENCE_MS = 1_000;

/** Ready: the server has started and the database answers within a second. The lag is for monitoring and changes nothing. */
export function createReadiness(ping: () => Promise<void>): Handler<typeof checkReadiness> {
  return async (ports) => {
    const [ready, lagSeconds] = await Promise.all([answersInTime(ping), lagOf(ports)]);
    if (!ready) return { status: 503, body: { ok: false, database: 'down', lagSeconds } };
    return { status: 200, body: { ok: true, database: 'up', lagSeconds } };
  };
}

async function answersInTime(ping: () => Promise<void>): Promise<boolean> {
  return withTimeout(PATIENCE_MS, ping()).then(
    () => true,
    () => false,
  );
}

/** How long the next webhook has been waiting for its handler; null when the database does not say so in time. */
async function lagOf({ inbox, clock }: Ports): Promise<number | null> {
  const since = await withTimeout(PATIENCE_MS, inbox.waitingSince()).catch(() => undefined);
  if (since === undefined) return null;
  return since ? Math.max(0, Math.floor((clock.now().getTime() - since.getTime()) / 1_000)) : 0;
}
