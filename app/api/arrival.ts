import type { FastifyRequest } from 'fastify';
import type { Operation } from '../../src/contract/operation.js';
import { createCookies } from '../http/cookies.js';
import { callerAddress } from '../http/hosts.js';
import type { Ports } from '../ports.js';
import { type AccessParts, admit } from './access.js';
import type { Browser } from './handler.js';

interface Asked {
  readonly request: FastifyRequest;
  readonly operation: Operation;
}

/** What a handler gets of a request. */
export function inputOf(access: AccessParts & Pick<Ports, 'publicUrl'>, { request, operation }: Asked) {
  const { params, query, body, caller, headers, signedIn, raw } = request;
  const onRate = () => undefined;
  const arrival = { operation, request: raw, params: params as Record<string, string>, onRate };
  return {
    ...{ params, query, body, caller, session: signedIn?.session ?? null },
    browser: browserOf(access, request),
    accept: headers.accept ?? '',
    ifMatch: headers['if-match'],
    lastEventId: headers['last-event-id']?.toString(),
    stillAllowed: () => isStillAllowed(access, arrival),
  };
}

function browserOf({ publicUrl }: Pick<Ports, 'publicUrl'>, { raw, headers }: FastifyRequest): Browser {
  const cookies = createCookies(publicUrl);
  return {
    userAgent: headers['user-agent'] ?? '',
    address: callerAddress(raw),
    acceptEncoding: String(headers['accept-encoding'] ?? ''),
    url: raw.url ?? '/',
    signInCookie: cookies.read(raw, 'sign-in'),
    flashCookie: cookies.read(raw, 'flash'),
  };
}

/** Rights that cannot be checked count as taken away. */
async function isStillAllowed(...asked: Parameters<typeof admit>): Promise<boolean> {
  return admit(...asked).then(
    () => true,
    () => false,
  );
}
