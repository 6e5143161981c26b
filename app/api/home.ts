import { ROUTES } from '../../src/contract/routes.js';
import { VitrineError } from '../../src/shared/errors.js';
import { renderHomePage } from '../pages/home.js';
import type { ApiRoute } from './route.js';

/** What a person sees who opens the server's own address. It is the same for everybody, and tells nothing of what is inside. */
export function createHome(version: string): ApiRoute {
  const { html, policy } = renderHomePage({ version, api: ROUTES.openapi.path, ready: ROUTES.ready.path });
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
  return {
    input: 'none',
    async handle(_ports, { accept }) {
      if (wantsJson(accept))
        throw new VitrineError(
          'not_found',
          `There is a page for people here. GET ${ROUTES.openapi.path} lists what there is.`,
        );
      return { status: 200, body: html, headers };
    },
  };
}

function wantsJson(accept: string): boolean {
  return /\bjson\b/i.test(accept) && !/\btext\/html\b/i.test(accept);
}
