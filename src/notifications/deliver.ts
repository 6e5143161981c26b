import type { UserPorts } from '../people/user.js';
import { isVitrineError, messageOf } from '../shared/errors.js';
import { oneLine } from '../shared/markdown.js';
import type { OutgoingPorts, SafeResponse } from '../shared/safe-fetch.js';
import { NOTIFICATION_STATUS } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import { type AccountMailPorts, sendAccountMail } from './account-mail.js';
import { type ChannelPorts, openChannel } from './channel.js';
import { WRITERS } from './media.js';
import type { MailerPorts, MailResult } from './mailer.js';
import type { Notification, NotificationClaim, NotificationPorts, Outcome } from './notification.js';
import { wantsMail } from './raise.js';
import { withoutLinks, wordingOf } from './wording.js';

type Ports = NotificationPorts &
  ChannelPorts &
  MailerPorts &
  AccountMailPorts &
  UserPorts &
  OutgoingPorts &
  Tools;

/** The receiver of a webhook knows a request that it has seen by its id, and two links for a password do no harm. Other messages people would read twice. */
function isRepeatable({ medium, account }: Notification): boolean {
  return medium === 'webhook' || account !== null;
}

const INTERRUPTED =
  'The server stopped while it sent this, so it may have arrived. It is not sent again by itself: send it again if it is missing.';

/**
 * Sends a claimed notification once and records how that went. That sending begins is written down before: when the process ends in
 * between, a webhook is sent again with the same id, and what people would read twice ends as failed.
 */
export async function deliver(ports: Ports, claim: NotificationClaim): Promise<Outcome | null> {
  const { notification, interrupted } = claim;
  const givenUp = interrupted && !isRepeatable(notification);
  if (!givenUp && !(await ports.notifications.begin(claim))) return null;
  const outcome = givenUp ? failed(INTERRUPTED) : await attempt(ports, notification);
  if (outcome.error !== null) {
    const { id, medium, event } = notification;
    const { error, retryInMs } = outcome;
    ports.log('warn', 'a notification was not delivered', {
      notification: id,
      medium,
      event,
      error,
      retryInMs,
    });
  }
  return (await ports.notifications.finish(claim, outcome)) ? outcome : null;
}

async function attempt(ports: Ports, notification: Notification): Promise<Outcome> {
  try {
    return await send(ports, notification);
  } catch (error) {
    // An address that must not be asked, or a secret that cannot be opened: the next try would end the same way.
    if (isVitrineError(error)) return failed(error.message);
    return tryAgain(notification, { error: messageOf(error), answer: null });
  }
}

async function send(ports: Ports, notification: Notification): Promise<Outcome> {
  const { medium, facts, projectId, channelId } = notification;
  if (medium === 'email') return facts ? sendMail(ports, notification) : sendAccount(ports, notification);
  const channel = projectId && channelId ? await ports.channels.get(projectId, channelId) : null;
  if (!channel || !facts) return dropped('Its channel was deleted.');
  if (!channel.active && notification.event !== 'test') return dropped('Its channel is switched off.');
  const { url, secret } = openChannel(ports, channel);
  const { headers, body } = WRITERS[channel.kind]({
    notification,
    facts,
    now: ports.clock.now(),
    secret,
  });
  return outcomeOf(
    notification,
    await ports.safeFetch({ url, method: 'POST', headers, body, maxBytes: MOST_READ }),
  );
}

const MOST_READ = 4_096;
const MOST_KEPT = 300;

function outcomeOf(notification: Notification, { status, body, retryAfter }: SafeResponse): Outcome {
  const answer = { status, text: oneLine(body, MOST_KEPT) };
  if (status >= 200 && status < 300) return { ...DONE, status: NOTIFICATION_STATUS.sent, answer };
  const error =
    status >= 300 && status < 400
      ? `The address answers HTTP ${String(status)}, a redirect: redirects are not followed, so give the address that it leads to.`
      : `The address answers HTTP ${String(status)}.`;
  if (!isTemporary(status)) return { ...failed(error), answer };
  return tryAgain(notification, { error, answer, waitMs: waitOf(retryAfter) });
}

const DONE = { answer: null, error: null, retryInMs: null } as const;

function failed(error: string): Outcome {
  return { ...DONE, status: NOTIFICATION_STATUS.failed, error };
}

function dropped(error: string): Outcome {
  return { ...DONE, status: NOTIFICATION_STATUS.dropped, error };
}

/** The same request may be accepted later. Any other refusal needs a person. */
function isTemporary(status: number): boolean {
  return status >= 500 || status === 408 || status === 425 || status === 429;
}

const LONGEST_WAIT_MS = 60 * 60_000;

function waitOf(retryAfter: string | null): number {
  const seconds = Number(retryAfter ?? 0);
  return Number.isFinite(seconds) ? Math.min(LONGEST_WAIT_MS, Math.max(0, seconds * 1_000)) : 0;
}

/** With the pauses below, the last attempt is about six hours after the first. */
export const MOST_ATTEMPTS = 12;
const FIRST_PAUSE_MS = 10_000;

interface Failed extends Pick<Outcome, 'answer'> {
  readonly error: string;
  readonly waitMs?: number;
}

function tryAgain({ attempts }: Notification, { error, answer, waitMs = 0 }: Failed): Outcome {
  if (attempts >= MOST_ATTEMPTS) return { ...failed(error), answer };
  // The upper half is random, so that what failed together is not tried again together.
  const pause = FIRST_PAUSE_MS * 2 ** Math.max(0, attempts - 1) * (0.5 + Math.random() / 2);
  const retryInMs = Math.round(Math.max(waitMs, pause));
  return { status: NOTIFICATION_STATUS.waiting, answer, error, retryInMs };
}

async function sendMail(ports: Ports, notification: Notification): Promise<Outcome> {
  const { id, userId, event, facts } = notification;
  const user = userId === null ? null : await ports.users.get(userId);
  // The preferences may have changed since the notification was made.
  if (!facts || !user || !wantsMail(user, event))
    return dropped('The person does not want this mail any more.');
  const { title, lines, action } = withoutLinks(wordingOf(event, facts));
  const kind = event === 'deployment.failed' ? 'deployment-failed' : 'deployment-succeeded';
  const model = { title, lines, action, preferences: `${ports.publicUrl}/account#mails` };
  return mailOutcome(notification, await ports.mailer.send({ id, to: user.email, kind, model }));
}

async function sendAccount(ports: Ports, notification: Notification): Promise<Outcome> {
  const result = await sendAccountMail(ports, notification);
  return result === null ? dropped('There is nobody to tell.') : mailOutcome(notification, result);
}

function mailOutcome(notification: Notification, { accepted, temporary, text }: MailResult): Outcome {
  const answer = { status: null, text: oneLine(text, MOST_KEPT) };
  if (accepted) return { ...DONE, status: NOTIFICATION_STATUS.sent, answer };
  const error = `The mail server did not take the mail: ${answer.text}`;
  return temporary ? tryAgain(notification, { error, answer: null }) : { ...failed(error), answer };
}
