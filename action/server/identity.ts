import { VitrineError } from '../../src/shared/errors.js';
import { ask } from '../http/ask.js';
import { sendAhead, type SentAhead } from '../http/exchange.js';
import { textAt } from '../http/json.js';
import type { World } from '../http/world.js';

export interface Identity {
  /** A fresh token each time: it lives five minutes and the server takes it once. */
  token(signal: AbortSignal, onSent?: () => void): Promise<string>;
}

/**
 * Who this run is, signed by GitHub; null when the workflow may not ask.
 * https://docs.github.com/actions/reference/security/oidc#methods-for-requesting-the-oidc-token
 */
export function identityOf(world: Pick<World, 'env' | 'http' | 'now'>, audience: string): Identity | null {
  const url = world.env['ACTIONS_ID_TOKEN_REQUEST_URL'];
  const bearer = world.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'];
  if (!url || !bearer) return null;
  const at = `${url}${url.includes('?') ? '&' : '?'}audience=${encodeURIComponent(audience)}`;
  return {
    token: async (signal, onSent) => {
      const headers = { authorization: `Bearer ${bearer}` };
      const token = textAt(await ask(world, { method: 'GET', url: at, headers, signal, onSent }), 'value');
      if (token) return token;
      throw new VitrineError('bad_gateway', "GitHub's answer holds no identity token: run the job again.");
    },
  };
}

/** The first token is asked for at once: it is on its way while the program for the server is being read. */
export async function askAhead(identity: Identity, signal: AbortSignal): Promise<Identity> {
  let first: SentAhead<string> | null = await sendAhead((onSent) => identity.token(signal, onSent));
  return {
    token: (own) => {
      const ready = first?.answer ?? identity.token(own);
      first = null;
      return ready;
    },
  };
}
