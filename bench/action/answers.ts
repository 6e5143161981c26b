import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerFor, type ApiAnswer } from '../github/answer.js';

const SKIPPED = {
  proceed: false,
  environment: null,
  decision: { action: 'skip', rule: 'bench', detail: 'Nothing is to be built.' },
};

let ids = 1000;

/** GitHub's identity tokens, a Vitrine server that has nothing to build, a preview that is up, and GitHub's API. */
export function answerAll({ method = 'GET', url = '/' }: IncomingMessage, response: ServerResponse): void {
  const { status, body } = answerTo(method, url.replace(/\?.*$/, ''));
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function answerTo(method: string, path: string): ApiAnswer {
  if (path === '/api/v1/deployments') return { status: 200, body: SKIPPED };
  if (path === '/graphql')
    return { status: 200, body: { data: { viewer: { login: 'github-actions[bot]' } } } };
  if (path === '/preview' || path === '/') return { status: 200, body: {} };
  return answerFor({ method, path, id: (ids += 1) });
}
