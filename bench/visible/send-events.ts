import { machineTime } from '../github/plan.js';
import { openConnection } from '../load/connection.js';
import { prepareRequest } from '../load/prepared-request.js';
import { headSha, pullRequestPayload } from '../load/pull-request-payload.js';

export interface Sending {
  readonly port: number;
  readonly secret: string;
  /** Which installation; GitHub's limits are counted for each. */
  readonly repository: number;
  /** Pull requests that are opened in the same moment. */
  readonly numbers: readonly number[];
}

export interface SentEvent {
  readonly number: string;
  readonly sha: string;
}

export interface SentEvents {
  readonly at: number;
  readonly events: readonly SentEvent[];
  /** Until the receiver has answered all of them. */
  readonly answered: Promise<unknown>;
}

/** Tells the receiver of new pull requests, all at once. */
export async function sendEvents({ port, secret, repository, numbers }: Sending): Promise<SentEvents> {
  const prepared = await Promise.all(
    numbers.map(async (number) => {
      const body = pullRequestPayload({ action: 'opened', repository, number, push: 0 });
      const request = prepareRequest({ port, secret, event: 'pull_request', body });
      return {
        connection: await openConnection(port),
        bytes: request.with(`visible-${repository}-${number}`),
      };
    }),
  );
  const at = machineTime();
  const answered = Promise.all(
    prepared.map(({ connection, bytes }) => connection.send(bytes).finally(() => connection.close())),
  );
  const events = numbers.map((number) => ({ number: String(number), sha: headSha(number, 0) }));
  return { at, events, answered };
}
