import { randomUUID } from 'node:crypto';
import { isActive } from '../../../../src/environments/model.js';
import { ABILITIES, hashToken, type TokenScope } from '../../../../src/people/api-token.js';
import type { Identity } from '../../../../src/runs/identity.js';
import { VitrineError } from '../../../../src/shared/errors.js';
import { UNSETTLED_DEPLOYMENTS } from '../../../../src/shared/status/deployment.js';
import { newDeployment, newEnvironment } from '../../../support/builders.js';
import { begin } from '../../../support/run-by-hand.js';
import { AUTHOR, openPullRequest, startWorld, type World } from '../../../support/start-world.js';
import type { Ground } from './fuzz.js';

export interface FuzzGround {
  /** A server with one open pull request that a run works on, and the tokens of its actors. */
  current(): Promise<Ground>;
  /** Whether the documents that no request names are as they were. */
  isUntouched(): Promise<boolean>;
  /** Log lines about requests that failed by a fault of the server. */
  faults(): readonly string[];
  close(): Promise<void>;
}

const WORKFLOW = 'a.workflow.token';
const OPERATOR = 'vto_fuzz';
const WRITER = 'vtp_fuzz';
const MANY = { times: 1_000_000, perMs: 60_000 };
const CANARY = 'c'.repeat(24);

export async function openFuzzGround(): Promise<FuzzGround> {
  const place = { repoId: 0, ownerId: 0, number: 0, sha: '' };
  const world = await startWorld({
    github: { validation: 'off' },
    overrides: {
      rates: { starts: MANY, exchange: MANY, people: MANY, runs: MANY, addresses: MANY },
      identify: async (token) => {
        if (token === WORKFLOW) return identityAt(place);
        throw new VitrineError('unauthorized', 'The identity token is not valid.');
      },
    },
  });
  await issue(world, OPERATOR, { kind: 'operator', name: 'fuzz' });
  await addWriter(world);
  const before = JSON.stringify(await addCanary(world));
  let ground: Ground | undefined;
  return {
    async current() {
      if (!ground || !(await isOpen(world, ground))) ground = await openGround(world, place);
      return ground;
    },
    isUntouched: async () => JSON.stringify(await canaryOf(world)) === before,
    faults: () => world.logLines.filter((line) => line.includes('request failed')),
    close: async () => world[Symbol.asyncDispose](),
  };
}

interface Place {
  repoId: number;
  ownerId: number;
  number: number;
}

function identityAt({ repoId, ownerId, number }: Place): Identity {
  return {
    ...{ repoId, ownerId, pullRequest: number, runId: '900', runAttempt: 1, actorId: 1, actor: AUTHOR },
    ...{ eventName: 'pull_request', jti: randomUUID(), expiresAt: new Date(Date.now() + 60_000) },
  } as Identity;
}

function issue({ app }: World, token: string, scope: TokenScope): Promise<void> {
  return app.ports.tokens.issue({ hash: hashToken(token), scope, expiresAt: null });
}

async function addWriter(world: World): Promise<void> {
  const githubId = 9_001;
  await world.app.ports.users.saveFromGitHub({ githubId, login: AUTHOR, email: null, avatarUrl: null });
  const person = { kind: 'user', userId: String(githubId), name: AUTHOR } as const;
  await issue(world, WRITER, { ...person, abilities: ABILITIES, projectIds: null });
}

/** What an operator that was smuggled into a filter would find. */
async function addCanary(world: World): Promise<unknown> {
  const { environments, deployments } = world.app.ports;
  await environments.ensure(newEnvironment({ id: CANARY, repoId: 1, name: 'pr-99' }));
  await deployments.ensure(newDeployment({ id: CANARY, environmentId: CANARY, repoId: 1 }));
  return canaryOf(world);
}

async function canaryOf({ app }: World): Promise<unknown> {
  const { environments, deployments, logs } = app.ports;
  return [
    await environments.get(CANARY),
    await deployments.get(CANARY),
    await logs.chunksFrom(CANARY, 0, 10),
  ];
}

async function openGround(world: World, place: Place & { sha: string }): Promise<Ground> {
  const opened = await openPullRequest(world, { head: `fuzz-${randomUUID().slice(0, 8)}` });
  const { environment, deployment } = await begin(world, opened);
  const repo = await world.app.ports.repos.get(environment.repoId);
  Object.assign(place, { ...opened, repoId: environment.repoId, ownerId: repo?.ownerId ?? 0 });
  const run = `vtr_${randomUUID()}`;
  await issue(world, run, { kind: 'run', deploymentId: deployment.id, repoId: environment.repoId });
  return {
    url: world.app.url,
    tokens: [OPERATOR, WRITER, run, run, WORKFLOW],
    ids: [environment.id, deployment.id, 'e'.repeat(24)],
  };
}

async function isOpen({ app }: World, { ids }: Ground): Promise<boolean> {
  const [environmentId = '', deploymentId = ''] = ids;
  const environment = await app.ports.environments.get(environmentId);
  const deployment = await app.ports.deployments.get(deploymentId);
  return (
    environment !== null &&
    isActive(environment) &&
    deployment !== null &&
    UNSETTLED_DEPLOYMENTS.includes(deployment.status)
  );
}
