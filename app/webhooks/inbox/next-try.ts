import type { ClaimedDelivery, NextTry } from '../../../src/deliveries/store.js';
import { isGitHubFailure, type FailureKind } from '../../../src/repositories/github.js';
import { isVitrineError, messageOf } from '../../../src/shared/errors.js';
import { backoffMs, OUTAGE_CAP_MS } from '../../workers/lease-worker.js';

const TRIES = 8;
/** GitHub can redeliver for three days, so a delivery is only parked for a person after that time. */
const PATIENCE_MS = 3 * 24 * 60 * 60_000;
const BACKOFF = { firstMs: 1_000, capMs: 5 * 60_000 };
/** Shorter while GitHub or the database does not answer, so that events are read within a minute after they are back. */
const OUTAGE_BACKOFF = { firstMs: 1_000, capMs: OUTAGE_CAP_MS };
/** Failures of GitHub that say nothing about the event and end some time. */
const OUTSIDE: readonly FailureKind[] = ['ambiguous', 'retry', 'unauthorized'];

interface Failed {
  readonly delivery: Pick<ClaimedDelivery, 'attempts' | 'failures' | 'crashes' | 'receivedAt'>;
  readonly error: unknown;
  readonly now: Date;
  readonly random: () => number;
}

/**
 * When a delivery that failed is tried again. A delivery whose handler fails gets eight tries. While GitHub or the database is
 * unavailable, it waits as long as GitHub asks, or for a growing pause, up to three days, because GitHub sends most events only once.
 */
export function nextTry({ delivery, error, now, random }: Failed): NextTry {
  const causes = causesOf(error);
  const isOutside = causes.every(cameFromOutside);
  const failures = delivery.failures + Number(!isOutside);
  const age = now.getTime() - delivery.receivedAt.getTime();
  const backoff = causes.every(isOutage) ? OUTAGE_BACKOFF : BACKOFF;
  const pause = backoffMs(backoff, delivery.attempts, random);
  return {
    error: causes.map(messageOf).join('; '),
    failures,
    inMs: Math.max(...causes.map((cause) => askedPauseOf(cause) ?? pause)),
    park: isDeadly(delivery) || (isOutside ? age >= PATIENCE_MS : failures >= TRIES),
  };
}

/** Eight processes in a row ended while they worked on it, so the next one probably would too. */
export function isDeadly({ crashes }: Pick<ClaimedDelivery, 'crashes'>): boolean {
  return crashes >= TRIES;
}

/** Probot wraps the errors of handlers in one that holds the whole event, which must not get into the logs. */
function causesOf(error: unknown): readonly unknown[] {
  return error instanceof AggregateError && error.errors.length > 0
    ? error.errors.flatMap(causesOf)
    : [error];
}

function cameFromOutside(error: unknown): boolean {
  if (isGitHubFailure(error)) return OUTSIDE.includes(error.kind);
  return isVitrineError(error) && error.code === 'unavailable';
}

/** It ends by itself; for a missing permission, the owner of the installation has to act. */
function isOutage(error: unknown): boolean {
  if (isGitHubFailure(error)) return error.kind === 'ambiguous';
  return cameFromOutside(error);
}

function askedPauseOf(error: unknown): number | undefined {
  return isGitHubFailure(error) ? error.retryInMs : undefined;
}
