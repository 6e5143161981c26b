import type { Claim, EnvironmentPorts, HeldClaim } from '../environments/store.js';
import { VitrineError } from '../shared/errors.js';
import { tellAgain } from './request.js';

type Ports = EnvironmentPorts;

/** For claims that nobody keeps alive. */
const LEASE_MS = 15_000;

export interface Watch {
  /** Asked before anything is written on GitHub. Once false, always false. */
  mayTell(): Promise<boolean>;
  /** The store refused a write: somebody else holds the claim now. */
  lose(): void;
  /** Throws when the claim was lost on the way, after it has seen to it that GitHub is told the truth again. */
  close(): Promise<void>;
}

/** Whoever lost its claim must fall silent: what it knows is old, and another one has told what is new. */
export function createWatch(ports: Pick<Ports, 'environments'>, claim: Claim | HeldClaim): Watch {
  let lost = false;
  let spoke = false;
  const held = 'held' in claim ? claim.held : () => ports.environments.renew(claim, LEASE_MS);
  return {
    async mayTell() {
      lost ||= !(await held());
      spoke ||= !lost;
      return !lost;
    },
    lose: () => {
      lost = true;
    },
    async close() {
      if (!lost) return;
      // What was said last may have reached GitHub after the words of the new holder, who believes that it told everything.
      if (spoke) await tellAgain(ports, { id: claim.environment.id });
      throw new VitrineError(
        'conflict',
        'The claim on this report went to somebody else meanwhile: they tell GitHub from here on.',
      );
    },
  };
}
