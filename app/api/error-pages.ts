import type { FastifyRequest } from 'fastify';
import type { Page } from '../../src/contract/operation.js';
import { showHome } from '../../src/contract/server.js';
import type { ErrorAnswer } from '../../src/contract/shapes.js';
import { ACCOUNT } from '../../src/contract/dashboard/account.js';
import { SIGN_IN } from '../../src/contract/people/sign-in.js';
import type { Answer } from '../http/respond.js';
import { loadPage } from '../render.js';

interface Link {
  readonly label: string;
  readonly href: string;
}

interface ErrorModel {
  readonly heading: string;
  readonly message: string;
  readonly requestId: string;
  /** Where the person goes on. */
  readonly next: Link;
  readonly home: Link | null;
}

interface Refused {
  readonly answer: Answer;
  readonly request: FastifyRequest;
  /** The path that was asked for, without its query. */
  readonly path: string;
  readonly error: unknown;
}

/** An error that the API would answer as JSON, for a person who looks at a page. */
export type ErrorPages = (refused: Refused) => Page;

const HEADINGS: Readonly<Record<number, string>> = {
  400: 'That did not work',
  401: 'Sign in first',
  403: 'This is not allowed',
  404: 'There is nothing here',
  405: 'This address cannot be opened',
  409: 'That does not fit together',
  429: 'Too many tries',
};

/** Messages of the API that tell a program what to do, in words for a person. */
const MESSAGES: Readonly<Record<number, string>> = {
  401: 'This page is for people who are signed in.',
  405: 'It only takes what a form of this server sends. Begin at the start page.',
};

const NOT_HERE = 'Check the address, or begin at the start page.';

/** What is wrong with a request that does not fit its schema. */
const MISFITS: Readonly<Record<string, string>> = {
  params: NOT_HERE,
  querystring: 'A part of this address is missing, or does not belong there. Begin again.',
  body: 'The form was not sent as the page has it. Load the page again, and repeat what you did.',
};

const HOME: Link = { label: 'To the start page', href: showHome.path };

export function loadErrorPages(): ErrorPages {
  const render = loadPage<ErrorModel>({ template: 'pages/error', style: 'setup-style' });
  return (refused) => {
    const { status, body } = refused.answer;
    const { requestId } = (body as ErrorAnswer).error;
    const heading = HEADINGS[status] ?? 'Something went wrong';
    const leadsHome = isNowhere(refused.request) || partOf(refused.error) === 'params';
    const next = leadsHome ? HOME : signInLink(refused);
    return render({
      heading,
      message: messageOf(refused),
      requestId,
      next,
      home: leadsHome ? null : HOME,
    });
  };
}

/** No operation is at this address. */
export function isNowhere({ is404, routeOptions }: FastifyRequest): boolean {
  return is404 || routeOptions.config.operation === undefined;
}

function messageOf({ answer: { status, body }, request, error }: Refused): string {
  const own = MESSAGES[status] ?? (isNowhere(request) ? NOT_HERE : undefined);
  return own ?? MISFITS[partOf(error)] ?? (body as ErrorAnswer).error.message;
}

/** Fastify names the part of the request that its schema refuses. */
function partOf(error: unknown): string {
  const part = error instanceof Error && 'validationContext' in error ? error.validationContext : '';
  return String(part);
}

/** A person who had to sign in first comes back to the page. */
function signInLink({ answer: { status }, request, path }: Refused): Link {
  if (request.signedIn) return { label: 'To your account', href: ACCOUNT };
  if (status !== 401) return { label: 'To the sign-in page', href: SIGN_IN };
  const back = request.method === 'GET' ? `?${String(new URLSearchParams({ return_to: path }))}` : '';
  return { label: 'Sign in', href: `${SIGN_IN}${back}` };
}
