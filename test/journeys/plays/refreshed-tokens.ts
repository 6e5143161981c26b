import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { mongo } from 'mongoose';
import { githubConnectionStore } from '../../../app/store/people/github-connections.js';
import { openConnection } from '../../../app/store/open-connection.js';
import { sealTokens } from '../../../src/people/github-access.js';
import { createSeal } from '../../../src/secrets/envelope.js';
import { createKey, parseKeys } from '../../../src/secrets/keys.js';
import { ROOT } from '../../support/architecture/read-sources.js';
import { startTestGitHub } from '../../support/start-test-github.js';
import { migratedDatabase } from '../../support/test-database.js';

interface Play {
  readonly processes: number;
  readonly rounds: number;
  /** How often each process asks in a round. */
  readonly times: number;
}

export interface Round {
  /** The tokens that were answered: one, unless somebody got an old one or was signed out. */
  readonly tokens: readonly string[];
  /** How often GitHub was asked for new ones. */
  readonly refreshes: number;
  readonly isBroken: boolean;
}

const USER = 'a'.repeat(24);

/** Several processes ask for the token of one person at the same time, again and again, and each time it has just ended. */
export async function playRefreshes({ processes, rounds, times }: Play): Promise<Round[]> {
  const database = migratedDatabase();
  const github = await startTestGitHub({ users: ['octavia'], validation: 'off' });
  const keys = createKey('k1');
  const connection = await openConnection({ uri: database.uri, log: () => undefined });
  const connections = githubConnectionStore(connection);
  const { clientId, clientSecret } = github.app;
  const order = { mongodbUri: database.uri, keys, githubUrl: github.url, clientId, clientSecret };
  const children = await Promise.all(Array.from({ length: processes }, () => startAsking(order)));
  const first = firstGrant(github.state.oauth.grants);
  const seal = createSeal(parseKeys(keys));
  await connections.save({
    ...{ userId: USER, githubId: 1, login: 'octavia', connectedAt: new Date() },
    ...sealTokens({ seal }, USER, { ...first, accessExpiresAt: new Date(0), scope: '' }),
  });
  const played: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    github.forgetRequests();
    await endTokens(connection.getClient().db(connection.name));
    const answers = await Promise.all(children.map((child) => ask(child, times)));
    played.push({
      tokens: [...new Set(answers.flat())],
      refreshes: github.requests({ method: 'POST', path: /access_token$/ }).length,
      isBroken: (await connections.get(USER))?.brokenAt !== null,
    });
  }
  for (const child of children) child.disconnect();
  await Promise.all(children.map((child) => once(child, 'exit')));
  await connection.destroy();
  await github.close();
  await database.drop();
  return played;
}

/** As after a sign-in: GitHub knows a pair of tokens. */
function firstGrant(grants: { login: string; access: string; refresh: string; refreshEndsAt: number }[]) {
  const refreshEndsAt = Date.now() + 60 * 60_000;
  grants.push({ login: 'octavia', access: 'ghu_first', refresh: 'ghr_first', refreshEndsAt });
  return { access: 'ghu_first', refresh: 'ghr_first', refreshExpiresAt: new Date(refreshEndsAt) };
}

async function startAsking(order: object): Promise<ChildProcess> {
  const program = join(ROOT, 'test/support/asking-process.js');
  const child = fork(program, [JSON.stringify(order)], {
    env: { PATH: process.env['PATH'] ?? '' },
    execArgv: [],
  });
  await once(child, 'message');
  return child;
}

async function ask(child: ChildProcess, times: number): Promise<string[]> {
  const answered = once(child, 'message');
  child.send({ userId: USER, times });
  const [tokens] = (await answered) as [(string | null)[]];
  return tokens.map(String);
}

/** The access token has ended; the refresh token is the newest one. */
async function endTokens(db: mongo.Db): Promise<void> {
  const ended = { $set: { accessExpiresAt: new Date(0) } };
  await db.collection('githubConnections').updateOne({ _id: USER as never }, ended);
}
