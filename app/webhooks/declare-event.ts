import { z } from 'zod';
import type { DeliveryDecision } from '../../src/deliveries/store.js';
import type { StepSource } from '../../src/environments/history.js';
import { isGitHubFailure } from '../../src/repositories/github.js';
import type { RepoRef } from '../../src/repositories/model.js';
import { isFinal } from '../../src/shared/errors.js';
import type { Ports } from '../ports.js';
import { COMMON, type Keep, type Mask, pickerOf } from './inbox/keep-payload.js';
import { ignored } from './payload.js';

/** The App's tokens at GitHub, as far as an event says something about them. */
export interface InstallationTokens {
  /** A report will follow: its token is fetched while the handler still decides what the report says. */
  prepareReport(repo: Pick<RepoRef, 'installationId' | 'repoId'>): void;
  /** Drops the tokens of an installation that was removed or suspended. */
  forgetInstallation(installationId: number): void;
}

/** The delivery whose event is handled. */
export interface Handled {
  readonly guid: string;
}

/** For the chain of decisions of an environment. */
export function sourceOf(handled: Handled | undefined): StepSource | undefined {
  return handled && { kind: 'webhook', id: handled.guid };
}

export type HandlerPorts = Ports & { readonly installationTokens: InstallationTokens };

/** Everything that the server knows about one webhook event. */
interface Declaration<Name extends string, Shape extends z.ZodType> {
  /** As in `X-GitHub-Event`. */
  readonly name: Name;
  /**
   * What a body must be to be taken for this event. The event's name is not signed, so the shape must also refuse the body of every
   * other event. A body without it is refused with 400, see docs/decisions/0007-unknown-shapes-are-refused.md.
   */
  readonly shape: Shape;
  /** The fields that are stored, besides those that all events have in common. It holds at least what `shape` reads. */
  readonly keep: Readonly<Record<string, Mask>>;
  /** For an event that shows by itself that it changes nothing: it is stored with this decision, and no handler runs. */
  readonly decideOnArrival?: (payload: z.output<Shape>) => DeliveryDecision | null;
  /** Deliveries with the same key are handled one after the other; without a key, each is handled by itself. */
  readonly orderKey?: (payload: z.output<Shape>) => string;
  readonly handle: (
    ports: HandlerPorts,
    payload: z.output<Shape>,
    handled?: Handled,
  ) => Promise<DeliveryDecision>;
}

/** What a body is when it arrives: refused because of `issue`, or an event that may be decided already. */
type Arrival =
  | { readonly issue: z.core.$ZodIssue | undefined }
  | { readonly issue: null; readonly decision: DeliveryDecision | null };

export interface WebhookEvent<Name extends string = string> {
  readonly name: Name;
  readonly keep: Keep;
  readonly arrive: (payload: unknown) => Arrival;
  /** Null when the event has no order, or the payload is not readable. */
  readonly orderKey: (payload: unknown) => string | null;
  readonly handle: (ports: HandlerPorts, payload: unknown, handled?: Handled) => Promise<DeliveryDecision>;
}

export type WebhookEvents = ReadonlyMap<string, WebhookEvent>;

export function declareEvent<const Name extends string, Shape extends z.ZodType>(
  declaration: Declaration<Name, Shape>,
): WebhookEvent<Name> {
  const { name, shape, keep, decideOnArrival, orderKey, handle } = declaration;
  return {
    name,
    keep: pickerOf({ ...COMMON, ...keep }),
    arrive(payload) {
      const { data, error } = shape.safeParse(payload);
      if (error) return { issue: error.issues[0] };
      return { issue: null, decision: decideOnArrival?.(data) ?? null };
    },
    orderKey(payload) {
      const data = orderKey && shape.safeParse(payload).data;
      return data === undefined ? null : (orderKey?.(data) ?? null);
    },
    handle: (ports, payload, handled) =>
      finalDecision(async () => handle(ports, shape.parse(payload), handled)),
  };
}

/** An event that GitHub would never send, or about something that is gone, is decided for good: trying again cannot help. */
async function finalDecision(handle: () => Promise<DeliveryDecision>): Promise<DeliveryDecision> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof z.ZodError) return ignored('refused', notAsSent(error));
    // A failure of GitHub is never final: it may allow tomorrow what it refuses today.
    if (isFinal(error) && !isGitHubFailure(error)) return ignored('refused', error.message);
    throw error;
  }
}

function notAsSent({ issues: [issue] }: z.ZodError): string {
  const where = issue ? `${issue.path.map(String).join('.')}: ${issue.message}` : 'unknown shape';
  return `This is not an event as GitHub sends it (${where}).`;
}
