import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import { fillDatabase, projectIdOf, PROJECTS } from '../../../bench/lists/fill.js';
import { QUESTIONS } from '../../../bench/lists/questions.js';
import { createApi } from '../../../app/api/api.js';
import { createBodyBudget } from '../../../app/http/body-budget.js';
import { createRateLimit } from '../../../app/http/rate-limit.js';
import type { Ports } from '../../../app/ports.js';
import { createStores } from '../../../app/store/connect.js';
import { migrate } from '../../../app/store/migrations/migrate.js';
import { openConnection } from '../../../app/store/open-connection.js';
import { ABILITIES, hashToken } from '../../../src/people/api-token.js';
import { createDashboard } from '../../../app/pages/dashboard/dashboard.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { testDatabase } from '../../support/test-database.js';
import { silent } from './empty-stores.js';
import { explainable, stagesOf, workOf } from './explain.js';

type Command = Readonly<Record<string, unknown>>;

/** More than MongoDB merges without sorting. */
const PROJECTS_SEEN = 300;
/** Documents that may be looked at in vain. */
const SPARE = 10;
const TOKENS = { operator: 'vto_lists', person: 'vtp_lists' } as const;

/** The API over a filled database, whose connection tells every command that it sends. */
async function startLists(deployments: number) {
  const database = testDatabase();
  const sent: Command[] = [];
  const onCommand = (command: Command) => sent.push(command);
  const connection = await openConnection({ uri: database.uri, log: silent, onCommand });
  await migrate({ connection, log: silent });
  const db = connection.getClient().db(connection.name);
  await fillDatabase(db, deployments);
  const stores = createStores(connection);
  const seen = Array.from({ length: PROJECTS_SEEN }, (_, index) =>
    index < PROJECTS ? projectIdOf(index) : `c${String(index).padStart(23, '0')}`,
  );
  const rights = { roleOn: async () => 'read', visibleTo: async () => ({ repoIds: [], projectIds: seen }) };
  const clock = { now: () => new Date() };
  const publicUrl = 'http://localhost:3000';
  const ports = {
    ...stores,
    rights,
    clock,
    publicUrl,
    providers: [],
    admins: [],
    log: silent,
  } as unknown as Ports;
  const operator = { kind: 'operator', name: 'lists' } as const;
  const mona = { githubId: 1, login: 'mona', email: null, avatarUrl: null };
  const { id: userId } = await stores.users.saveFromGitHub(mona);
  const person = { kind: 'user', userId, name: 'mona', abilities: ABILITIES, projectIds: null } as const;
  const hash = (who: keyof typeof TOKENS) => hashToken(TOKENS[who]);
  await stores.tokens.issue({ hash: hash('operator'), scope: operator, expiresAt: null });
  await stores.tokens.issue({ hash: hash('person'), scope: person, expiresAt: null });
  const unlimited = createRateLimit({ times: 1e9, perMs: 1 }, clock);
  const uncounted = () => ({ allowed: true, limit: 1, windowSeconds: 1, remaining: 1, resetSeconds: 1 });
  const api = await createApi({
    ports,
    identify: async () => {
      throw new VitrineError('unauthorized', 'There are no workflow runs here.');
    },
    // No list is a stream.
    hub: undefined as never,
    dashboard: createDashboard({
      watch: { follow: () => undefined },
      instance: NO_INSTANCE,
      site: { website: '', action: '' },
    }),
    instance: NO_INSTANCE,
    budget: createBodyBudget(),
    version: '0.0.0',
    ping: async () => undefined,
    limits: {
      exchange: unlimited,
      starts: unlimited,
      people: uncounted,
      runs: uncounted,
      addresses: uncounted,
    },
  });
  const server = createServer((request, response) => void api.answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  /** The plans of the commands that a request sends, as far as they look for documents. */
  async function ask(path: string, who: keyof typeof TOKENS) {
    sent.length = 0;
    const headers = { authorization: `Bearer ${TOKENS[who]}` };
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers });
    const body = (await response.json()) as { items?: unknown[]; nextCursor?: string | null };
    const commands = sent
      .splice(0)
      .map(explainable)
      .filter((command) => command !== null);
    const plans: unknown[] = [];
    for (const command of commands)
      plans.push(await db.command({ explain: command, verbosity: 'executionStats' }));
    return { status: response.status, body, plans };
  }

  return {
    ask,
    async close() {
      server.closeAllConnections();
      server.close();
      await api.close();
      await connection.destroy();
      await database.drop();
    },
  };
}

/** No list asks for the state of the server. */
const NO_INSTANCE = { getInstance: () => Promise.reject(new Error('This is no whole server.')) };

type Stage = Awaited<ReturnType<typeof startLists>>;

interface Complaint {
  readonly path: string;
  readonly why: string;
}

/** Asks for a page and the one after it, and answers what is wrong with how the database found them. */
async function complaintsOf(stage: Stage, path: string, who: keyof typeof TOKENS): Promise<Complaint[]> {
  const complaints: Complaint[] = [];
  let next: string | null = path;
  for (let page = 0; page < 2 && next !== null; page += 1) {
    const { status, body, plans } = await stage.ask(next, who);
    const complain = (why: string) => complaints.push({ path: `${who} ${String(next)}`, why });
    if (status !== 200) complain(`answered with ${status}: ${JSON.stringify(body)}`);
    if (plans.length === 0) complain('asked the database nothing');
    for (const plan of plans) {
      const bad = stagesOf(plan).filter((stage_) => stage_ === 'COLLSCAN' || stage_ === 'SORT');
      if (bad.length > 0) complain(`has ${bad.join(' and ')}`);
      const { examined, returned } = workOf(plan);
      if (examined > returned + SPARE) complain(`looked at ${examined} documents for ${returned}`);
    }
    const cursor = body.nextCursor ?? null;
    next = cursor === null ? null : `${path}${path.includes('?') ? '&' : '?'}cursor=${cursor}`;
  }
  return complaints;
}

/** Every list with every combination of filters that it offers, as an operator and as a person. */
export function playLists(deployments: number): void {
  test(`among ${deployments.toLocaleString('en')} deployments, an index serves filter and order of every list, and each page looks at its own documents`, async () => {
    const stage = await startLists(deployments);
    try {
      const complaints: Complaint[] = [];
      for (const { path, operation } of QUESTIONS) {
        complaints.push(...(await complaintsOf(stage, path, 'operator')));
        if (OF_PEOPLE.includes(operation)) complaints.push(...(await complaintsOf(stage, path, 'person')));
      }
      expect(complaints).toEqual([]);
    } finally {
      await stage.close();
    }
  });
}

/** What they see depends on which projects are theirs. */
const OF_PEOPLE = ['listDeployments', 'listEnvironments'];
