import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { envToConfig } from '../../app/config/config.js';
import { envToSecrets } from '../../app/config/secrets.js';
import { createApp } from '../../app/create-app.js';
import type { Identity } from '../../src/runs/identity.js';
import { answerParent } from '../harness/answer-parent.js';
import { createTime, fallAsleep, show } from './arrange.js';
import { OWNER_ID, PULL_REQUEST, REPO_ID } from './facts.js';

const HOUR_MS = 3_600_000;
const UNLIMITED = { times: 1_000_000, perMs: HOUR_MS };

/** Stands in for GitHub's signature on an identity token; the token is `run.<id>`, or `run.<id>.<pull request>`. */
async function identify(token: string): Promise<Identity> {
  const [, runId = '', pullRequest = String(PULL_REQUEST)] = token.split('.');
  return {
    repoId: REPO_ID,
    ownerId: OWNER_ID,
    pullRequest: Number(pullRequest),
    runId,
    runAttempt: 1,
    actorId: OWNER_ID,
    actor: 'Codertocat',
    mergeSha: '0'.repeat(40),
    eventName: 'pull_request',
    jti: randomUUID(),
    expiresAt: new Date(time.now().getTime() + HOUR_MS),
  };
}

const time = createTime();

/** The whole App, as `npm start` runs it, but for who may sign identities and how often a build may start. */
const app = await createApp(envToConfig(process.env), envToSecrets(process.env), {
  env: process.env,
  clock: time,
  identify,
  rates: {
    exchange: UNLIMITED,
    starts: UNLIMITED,
    people: UNLIMITED,
    runs: UNLIMITED,
    addresses: UNLIMITED,
  },
  workerProgram: resolve(import.meta.dirname, '../../app/worker.js'),
  // What is measured is a server that has been running for a while.
  firstSweepMs: HOUR_MS,
});
answerParent({
  ready: { port: app.port, url: app.url },
  answers: {
    cpu: () => process.cpuUsage(),
    show: (given) => show(app.ports, given),
    fallAsleep: () => fallAsleep(app.ports, time),
  },
  end: app.close,
});
