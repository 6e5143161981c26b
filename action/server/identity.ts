import { VitrineError } from '../../src/shared/errors.js';
import { ask } from '../http/ask.js';
import { sendAhead, type SentAhead } from '../http/exchange.js';
import { textAt } from '../http/json.js';
import type { World } from '../http/world.js';

export interface Identity {
  /** A new token for each call: it is valid for five minutes, and the server accepts it once. */
  token(signal: AbortSignal, onSent?: () => void): Promise<string>;
}

/**
 * The identity token of this run, signed by GitHub; null when the job has no permission to request it.
 * https://docs.github.com/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
 */
export function identityOf(world: Pick<World, 'env' | 'http' | 'now'>, audience: string): Identity | null {
  const url = world.env['ACTIONS_ID_TOKEN_REQUEST_URL'];
  const bearer = world.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
  if (!url || !bearer) return null;
  const tokenUrl = `${url}${url.includes('?') ? '&' : '?'}audience=${encodeURIComponent(audience)}`;
  return {
    token: async (signal, onSent) => {
      const headers = { authorization: `Bearer ${bearer}` };
      const token = textAt(
        await ask(world, { method: 'GET', url: tokenUrl, headers, signal, onSent }),
        'value',
      );
      if (token) return token;
      throw new VitrineError('bad_gateway', 'GitHub sent no identity token: run the job again.');
    },
  };
}

/** Requests the first token at once, so that it arrives while the code for the server is loaded. */
export async function requestAhead(identity: Identity, signal: AbortSignal): Promise<Identity> {
  let first: SentAhead<string> | null = await sendAhead((onSent) => identity.token(signal, onSent));
  return {
    token: (ownSignal) => {
      const token = first?.answer ?? identity.token(ownSignal);
      first = null;
      return token;
    },
  };
}
