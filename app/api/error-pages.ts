import type { Page } from '../../src/contract/operation.js';
import { SIGN_IN } from '../../src/contract/people/sign-in.js';
import type { ErrorAnswer } from '../../src/contract/shapes.js';
import type { Answer } from '../http/respond.js';
import { loadPage } from '../render.js';

interface ErrorModel {
  readonly heading: string;
  readonly message: string;
  readonly requestId: string;
  readonly signIn: string;
}

/** An error that the API would answer as JSON, for a person who looks at a page. */
export type ErrorPages = (answer: Answer) => Page;

const HEADINGS: Readonly<Record<number, string>> = {
  400: 'That did not work',
  401: 'Sign in first',
  403: 'You may not do that',
  404: 'There is nothing here',
  409: 'That does not fit together',
  429: 'Too many tries',
};

export function loadErrorPages(): ErrorPages {
  const render = loadPage<ErrorModel>({ template: 'pages/error', style: 'setup-style' });
  return ({ status, body }) => {
    const { message, requestId } = (body as ErrorAnswer).error;
    const heading = HEADINGS[status] ?? 'Something went wrong';
    return render({ heading, message, requestId, signIn: SIGN_IN });
  };
}
