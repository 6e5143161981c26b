import type { InboxStore } from '../../src/deliveries/store.js';
import type { Clock, Log } from '../../src/shared/tools.js';
import { countRepeats } from '../config/log.js';
import type { Secrets } from '../config/secrets.js';
import { createBodyBudget } from '../http/body-budget.js';
import { EVENTS } from '../index.js';
import { createCommitter, type Sent } from '../webhooks/inbox/committer.js';
import { createSignatureCheck, createWebhookEndpoint } from '../webhooks/inbox/receive.js';

interface IntakeParts {
  readonly inbox: InboxStore;
  readonly secrets: Pick<Secrets, 'webhookSecrets' | 'others'>;
  readonly clock: Clock;
  readonly log: Log;
}

export type Intake = ReturnType<typeof createIntake>;

/** Takes webhooks and stores them. It needs the inbox alone, so it works before the rest of the server has started. */
export function createIntake({ inbox, secrets, clock, log }: IntakeParts) {
  let arriving: (sent: Sent) => void = () => undefined;
  const committer = createCommitter({
    store: inbox.store,
    onSent: (sent) => arriving(sent),
  });
  const endpoint = createWebhookEndpoint({
    events: EVENTS,
    isSigned: createSignatureCheck(secrets.webhookSecrets),
    others: secrets.others,
    committer,
    // Apart from the API's: the sender of a webhook is known only when its whole body is there.
    budget: createBodyBudget(),
    clock,
    log: countRepeats(log),
  });
  return {
    endpoint,
    idle: committer.idle,
    /** Who is told how many deliveries are being stored. */
    onArriving: (told: (sent: Sent) => void) => (arriving = told),
  };
}
