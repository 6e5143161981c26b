import { ZodError } from 'zod';
import { type Client, createClient, type Sent } from '../../src/contract/client.js';
import {
  startDeployment,
  type StartDeploymentAnswer,
  type StartDeploymentBody,
} from '../../src/contract/deployments.js';
import { type ErrorCode, isVitrineError, VitrineError } from '../../src/shared/errors.js';
import { ask } from '../http/ask.js';
import { retrying, type RetryPolicy } from '../http/retry.js';
import type { World } from '../http/world.js';
import type { Identity } from './identity.js';

export interface Connection {
  /** Starts the deployment. A second call does no harm and returns a new token. */
  start(): Promise<StartDeploymentAnswer>;
  /** The API for a started run. It renews an expired token by itself. */
  client(policy: RetryPolicy): Client;
}

interface ConnectionInput {
  readonly identity: Identity;
  readonly serverUrl: string;
  readonly body: StartDeploymentBody;
  readonly policy: RetryPolicy;
}

const REMEDY = 'Is the input "server-url" the address of a Vitrine server?';

export function createConnection(
  world: World,
  { identity, serverUrl, body, policy }: ConnectionInput,
): Connection {
  let held = '';
  let renewal: Promise<void> | null = null;

  const once = (signal: AbortSignal) => (sent: Sent) =>
    ask(world, {
      method: sent.method,
      url: `${serverUrl}${sent.path}`,
      headers: {
        authorization: `Bearer ${sent.token}`,
        ...(sent.contentType !== undefined && { 'content-type': sent.contentType }),
      },
      ...(sent.body && { body: sent.body }),
      signal,
      remedy: REMEDY,
    });

  const start = (): Promise<StartDeploymentAnswer> =>
    retrying(world, {
      ...policy,
      attempt: async () => {
        const token = await identity.token(policy.signal);
        const client = createClient({ send: once(policy.signal), token: () => token });
        const answer = await client(startDeployment, { body }).catch((error: unknown) => {
          throw error instanceof ZodError ? unknownAnswer(serverUrl, error) : error;
        });
        if (answer.proceed) held = answer.token;
        return answer;
      },
    });

  const renew = async (): Promise<void> => {
    const answer = await start();
    if (!answer.proceed) throw new VitrineError('stale_head', answer.decision.detail);
  };

  const asRun = async (sent: Sent, signal: AbortSignal): Promise<unknown> => {
    const used = held;
    try {
      return await once(signal)({ ...sent, token: used });
    } catch (error) {
      if (!isVitrineError(error) || error.code !== 'unauthorized') throw error;
      // Several requests may find the token expired at once: one renewal serves them all.
      if (used === held) await (renewal ??= renew().finally(() => (renewal = null)));
      return once(signal)({ ...sent, token: held });
    }
  };

  return {
    start,
    client: (own) =>
      createClient({
        send: (sent) => retrying(world, { ...own, attempt: () => asRun(sent, own.signal) }),
        token: () => held,
      }),
  };
}

function unknownAnswer(serverUrl: string, cause: ZodError): VitrineError {
  const { host } = new URL(serverUrl);
  return new VitrineError(
    'bad_gateway',
    `The answer of ${host} has an unknown form. ${REMEDY} If it is, update the server.`,
    {
      cause,
    },
  );
}

const SUPERSEDING: readonly ErrorCode[] = ['stale_head', 'environment_gone'];

/** The server ended this deployment, because of a newer commit or a closed pull request. */
export function isSuperseded(error: unknown): error is VitrineError {
  return isVitrineError(error) && SUPERSEDING.includes(error.code);
}
