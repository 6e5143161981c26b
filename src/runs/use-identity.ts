import type { TokenPorts } from '../people/api-token.js';
import type { Identity } from './identity.js';

type Ports = TokenPorts;

/** Clocks of runners and servers differ by this much at most. */
const LEEWAY_MS = 35_000;

/**
 * An identity proves its run once: whoever copied it comes too late, and is told false. It is used up before anything is written in its
 * name, and not by being refused: what is refused is told why, however often it asks.
 */
export function useIdentity(
  { tokens }: Pick<Ports, 'tokens'>,
  { jti, expiresAt }: Identity,
): Promise<boolean> {
  return tokens.useOnce(jti, new Date(expiresAt.getTime() + LEEWAY_MS));
}
