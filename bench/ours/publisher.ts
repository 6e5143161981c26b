import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathTo } from '../../src/contract/client.js';
import { recordProgress, startDeployment } from '../../src/contract/deployments.js';
import { startProgram } from '../../src/contract/programs.js';
import { ErrorAnswer } from '../../src/contract/shapes.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { openConnection } from '../load/connection.js';
import { prepareRequest } from '../load/prepared-request.js';
import { headSha, pullRequestPayload } from '../load/pull-request-payload.js';
import { PULL_REQUEST, runIdOf } from './facts.js';

export interface Publisher {
  /** A new commit is pushed, and a workflow run takes its deployment on. */
  begin(push: number, wanted?: Wanted): Promise<Begun>;
  /** Has the server start an image that was pushed to it, and waits until it answers. */
  launch(begun: Begun, digest: string): Promise<void>;
  /** Makes live what was uploaded, and answers its address. */
  finish(begun: Begun): Promise<string>;
}

interface Wanted {
  /** The one of the benchmarks unless given. */
  readonly pullRequest?: number;
  readonly target?: string;
}

export interface Begun {
  readonly id: string;
  readonly token: string;
  readonly generation: number;
  readonly sha: string;
  /** Where its images belong in the registry of the server. */
  readonly repository: string;
}

const PATIENCE_MS = 15_000;

/** Does over HTTP what GitHub and the Action do around an upload. */
export function createPublisher({ port, secret }: { port: number; secret: string }): Publisher {
  const server = `http://127.0.0.1:${port}`;
  return {
    async begin(push, { pullRequest = PULL_REQUEST, target } = {}) {
      await announce({ port, secret, pullRequest, push });
      const sha = headSha(pullRequest, push);
      const until = performance.now() + PATIENCE_MS;
      for (;;) {
        const answer = await start(server, { sha, push, pullRequest, target });
        if ('id' in answer) return { ...answer, sha };
        if (performance.now() > until) throw new Error(`No deployment could be started: ${answer.message}`);
        await sleep(50);
      }
    },
    async launch({ id, token }, digest) {
      for (let seen = 0; ;) {
        const path = pathTo(startProgram, { params: { id } });
        const response = await send(`${server}${path}`, {
          method: 'POST',
          token,
          body: { image: { digest }, seen },
        });
        const answer: unknown = await response.json();
        if (!response.ok) throw new Error(`The image could not be started: ${JSON.stringify(answer)}`);
        const told = startProgram.answers[200]().parse(answer);
        if (told.problem !== null) throw new Error(`The image does not start: ${told.problem}`);
        if (told.started) return;
        ({ seen } = told);
      }
    },
    async finish({ id, token, generation }) {
      const body = { generation, outcome: { status: DEPLOYMENT_STATUS.success, error: null, logTail: [] } };
      const response = await send(`${server}${pathTo(recordProgress, { params: { id } })}`, {
        method: 'PATCH',
        token,
        body,
      });
      const answer: unknown = await response.json();
      if (!response.ok) throw new Error(`The deployment could not be finished: ${JSON.stringify(answer)}`);
      const { environment, live } = recordProgress.answers[200]().parse(answer);
      if (!live) throw new Error('The deployment was finished and is not live.');
      return environment.url;
    },
  };
}

interface Announced {
  readonly port: number;
  readonly secret: string;
  readonly pullRequest: number;
  readonly push: number;
}

async function announce({ port, secret, pullRequest: number, push }: Announced): Promise<void> {
  const body = pullRequestPayload({ action: 'synchronize', repository: 0, number, push });
  const request = prepareRequest({ port, secret, event: 'pull_request', body });
  const connection = await openConnection(port);
  const status = await connection.send(request.with(randomUUID()));
  connection.close();
  if (status !== 202) throw new Error(`The webhook was answered with ${status}.`);
}

interface Start {
  readonly sha: string;
  readonly push: number;
  readonly pullRequest: number;
  readonly target: string | undefined;
}

async function start(
  server: string,
  { sha, push, pullRequest, target }: Start,
): Promise<Omit<Begun, 'sha'> | { readonly message: string }> {
  const run = { id: runIdOf(push), attempt: 1, job: 'preview' };
  const body = { sha, pullRequest, run, ...(target !== undefined && { target }) };
  const response = await send(`${server}${pathTo(startDeployment)}`, {
    method: 'POST',
    token: `run.${run.id}.${pullRequest}`,
    body,
  });
  const answer: unknown = await response.json();
  // The webhook is worked on after it was accepted, so the first tries may come too early.
  if (!response.ok) return { message: ErrorAnswer().parse(answer).error.message };
  const started = startDeployment.answers[200]().parse(answer);
  if (!started.proceed) return { message: started.decision.detail };
  const { deployment, token, environment } = started;
  const { id, generation } = deployment;
  return { id, token, generation, repository: environment.namespace };
}

function send(
  url: string,
  { method, token, body }: { method: string; token: string; body: unknown },
): Promise<Response> {
  return fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}
