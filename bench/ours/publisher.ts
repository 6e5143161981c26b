import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathTo } from '../../src/contract/client.js';
import { recordProgress, startDeployment } from '../../src/contract/deployments.js';
import { ErrorAnswer } from '../../src/contract/shapes.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { openConnection } from '../load/connection.js';
import { prepareRequest } from '../load/prepared-request.js';
import { headSha, pullRequestPayload } from '../load/pull-request-payload.js';
import { PULL_REQUEST, runIdOf } from './facts.js';

export interface Publisher {
  /** A new commit is pushed, and a workflow run takes its deployment on. */
  begin(push: number): Promise<Begun>;
  /** Makes live what was uploaded, and answers its address. */
  finish(begun: Begun): Promise<string>;
}

export interface Begun {
  readonly id: string;
  readonly token: string;
  readonly generation: number;
  readonly sha: string;
}

const PATIENCE_MS = 15_000;

/** Does over HTTP what GitHub and the Action do around an upload. */
export function createPublisher({ port, secret }: { port: number; secret: string }): Publisher {
  const server = `http://127.0.0.1:${port}`;
  return {
    async begin(push) {
      await announce({ port, secret, push });
      const sha = headSha(PULL_REQUEST, push);
      const until = performance.now() + PATIENCE_MS;
      for (;;) {
        const answer = await start(server, { sha, push });
        if ('id' in answer) return { ...answer, sha };
        if (performance.now() > until) throw new Error(`No deployment could be started: ${answer.message}`);
        await sleep(50);
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

async function announce({
  port,
  secret,
  push,
}: {
  port: number;
  secret: string;
  push: number;
}): Promise<void> {
  const body = pullRequestPayload({ action: 'synchronize', repository: 0, number: PULL_REQUEST, push });
  const request = prepareRequest({ port, secret, event: 'pull_request', body });
  const connection = await openConnection(port);
  const status = await connection.send(request.with(randomUUID()));
  connection.close();
  if (status !== 202) throw new Error(`The webhook was answered with ${status}.`);
}

async function start(
  server: string,
  { sha, push }: { sha: string; push: number },
): Promise<Omit<Begun, 'sha'> | { readonly message: string }> {
  const run = { id: runIdOf(push), attempt: 1, job: 'preview' };
  const body = { sha, pullRequest: PULL_REQUEST, run };
  const response = await send(`${server}${pathTo(startDeployment)}`, {
    method: 'POST',
    token: `run.${run.id}`,
    body,
  });
  const answer: unknown = await response.json();
  // The webhook is worked on after it was accepted, so the first tries may come too early.
  if (!response.ok) return { message: ErrorAnswer().parse(answer).error.message };
  const started = startDeployment.answers[200]().parse(answer);
  if (!started.proceed) return { message: started.decision.detail };
  return { id: started.deployment.id, token: started.token, generation: started.deployment.generation };
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
