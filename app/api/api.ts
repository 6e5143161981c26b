import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  fastify,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifySchemaCompiler,
} from 'fastify';
import type { z } from 'zod';
import { isKeyed } from '../../src/contract/security.js';
import { PAGES } from '../../src/contract/dashboard/pages.js';
import { OPERATIONS } from '../../src/contract/openapi.js';
import { type Method, METHODS, type Operation } from '../../src/contract/operation.js';
import { VitrineError } from '../../src/shared/errors.js';
import { SIGN_IN } from '../../src/contract/people/sign-in.js';
import type { BodyBudget } from '../http/body-budget.js';
import { type Answer, errorAnswer, isOurFault } from '../http/respond.js';
import type { RateState } from '../http/shared-rate.js';
import type { Ports } from '../ports.js';
import { type AccessParts, admit, type Caller } from './access.js';
import { type ErrorPages, isNowhere, loadErrorPages } from './error-pages.js';
import { inputOf } from './arrival.js';
import { pageAnswer, send, toAnswer, writeDirect } from './answers.js';
import { DirectAnswer, type Handlers } from './handler.js';
import { createHandlers, type HandlerParts } from './handlers.js';
import { once } from './idempotency.js';
import { parseInput, parseQuery, readInput } from './input.js';
import { FOREIGN_FORM, refuseWithoutProof, type SignedIn } from './session.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation;
  }
  interface FastifyRequest {
    caller: Caller;
    /** Null unless a cookie says who asks. */
    signedIn: SignedIn | null;
    /** What the answer says of the caller's limit; null for a request that does not count. */
    rate: RateState | null;
    /** The body before its schema was applied. */
    sent: unknown;
  }
}

interface ApiParts extends Pick<AccessParts, 'identify' | 'limits'>, HandlerParts {
  readonly budget: BodyBudget;
  readonly dashboard: Handlers<typeof PAGES>;
}

export interface Api {
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** To be called when no request is being answered any more. */
  close(): Promise<void>;
}

/** The API and the pages on Fastify, as a surface of our own server: docs/decisions/0008-web-framework.md has the reasons. */
export async function createApi(parts: ApiParts): Promise<Api> {
  const pages = loadErrorPages();
  const app = createFastify(pages);
  app.setErrorHandler((error, request, reply) => refuse(app, { parts, pages, error, request, reply }));
  addHooks(app, parts);
  const handlers = createHandlers(parts);
  for (const name of Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])
    mount(app, { operation: OPERATIONS[name], handle: handlers[name] as Handle, parts });
  for (const name of Object.keys(PAGES) as (keyof typeof PAGES)[])
    mount(app, { operation: PAGES[name], handle: parts.dashboard[name] as Handle, parts });
  await app.ready();
  return { answer: (request, response) => app.routing(request, response), close: () => app.close() };
}

/** A handler whose operation is not known to the compiler: the schemas of the operation were applied to its input. */
type Handle = (ports: Ports, input: unknown) => Promise<unknown>;

function createFastify(pages: ErrorPages): FastifyInstance {
  const app = fastify({
    genReqId: () => randomBytes(8).toString('hex'),
    // For a path that cannot be decoded, Fastify runs neither hooks nor the error handler.
    frameworkErrors: (error, request, reply) => {
      const answer = errorAnswer(nothingHere(), request.id);
      return sendError(reply, { answer, pages, path: pathOf(request), error });
    },
    routerOptions: {
      // Longer than any request line, so that the schema of a parameter says what is wrong with it.
      maxParamLength: 16 * 1024,
      querystringParser: (text) => new URLSearchParams(text) as never,
    },
    // If these are set later, Fastify loads its JSON Schema compiler and serializer at each start. The types allow Ajv only.
    schemaController: {
      compilersFactory: {
        buildValidator: (() => compile) as never,
        buildSerializer: () => () => JSON.stringify,
      },
    },
  });
  // The hooks below read bodies, when the caller is allowed and within the memory that all bodies share.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
  return app;
}

function addHooks(app: FastifyInstance, { ports, identify, limits, budget }: ApiParts): void {
  const access = { ...ports, identify, limits };
  app.decorateRequest('caller');
  app.decorateRequest('signedIn');
  app.decorateRequest('rate', null);
  app.decorateRequest('sent', undefined);
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) throw nothingHere();
    const params = request.params as Record<string, string>;
    if (hasEmpty(params)) throw nothingHere();
    const onRate = (rate: RateState) => void (request.rate = rate);
    const arrival = { operation: operationOf(request), request: request.raw, params, onRate };
    const { caller, signedIn } = await admit(access, arrival);
    Object.assign(request, { caller, signedIn });
    if (signedIn?.cookie) reply.header('set-cookie', signedIn.cookie);
  });
  app.addHook('preValidation', async (request) => {
    const operation = operationOf(request);
    request.sent = await readInput(operation, { request: request.raw, budget });
    request.body = request.sent;
    const { signedIn } = request;
    if (operation.form && signedIn)
      refuseWithoutProof(signedIn.session, (request.body as { csrf?: unknown }).csrf, FOREIGN_FORM);
  });
}

interface Mounted {
  readonly operation: Operation;
  readonly handle: Handle;
  readonly parts: ApiParts;
}

function mount(app: FastifyInstance, { operation, handle, parts }: Mounted): void {
  const access = { ...parts.ports, identify: parts.identify, limits: parts.limits };
  app.route({
    method: operation.method,
    url: operation.path,
    config: { operation },
    schema: {
      ...(operation.params && { params: operation.params() }),
      ...(operation.query && { querystring: operation.query() }),
      ...(typeof operation.body === 'function' && { body: operation.body() }),
    },
    handler: async (request, reply) => {
      const { id: requestId, raw, caller, sent: body } = request;
      const setCookie = (cookie: string) => void reply.header('set-cookie', cookie);
      const perform = () => handle(parts.ports, { ...inputOf(access, { request, operation }), setCookie });
      const result = isKeyed(operation) ? null : await perform();
      if (result instanceof DirectAnswer) return writeDirect(parts.ports, { answer: result, request, reply });
      const arrived = { operation, request: raw, caller, body, requestId };
      const answer = isKeyed(operation)
        ? await once(parts.ports, arrived, async () => toAnswer(operation, await perform()))
        : toAnswer(operation, result);
      return send(reply, { ...answer, headers: { 'x-request-id': requestId, ...answer.headers } });
    },
  });
}

/** Checks a part of a request with the schema of its operation. Fastify takes a refusal as a value. */
const compile: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data) => {
    try {
      return { value: httpPart === 'querystring' ? parseQuery(schema, data) : parseInput(schema, data) };
    } catch (error) {
      return { error: error as Error };
    }
  };

interface Failed {
  readonly parts: ApiParts;
  readonly pages: ErrorPages;
  readonly error: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

function refuse(
  app: FastifyInstance,
  { parts, pages, error, request, reply }: Failed,
): Promise<FastifyReply> {
  const cause = toOurError(error);
  const { id: requestId, method } = request;
  const path = pathOf(request);
  const allowed = request.is404 ? METHODS.filter((other) => isRoute(app, other, path)) : [];
  if (allowed.length > 0)
    return sendError(reply, { answer: notAllowed(allowed, requestId), pages, path, error });
  if (isOurFault(cause)) parts.ports.log('error', 'request failed', { requestId, method, path, error });
  const answer = errorAnswer(cause, requestId);
  return sendError(reply, { answer, pages, path, error });
}

interface Refusal {
  readonly answer: Answer;
  readonly pages: ErrorPages;
  readonly path: string;
  readonly error: unknown;
}

function sendError(reply: FastifyReply, { pages, ...refusal }: Refusal): Promise<FastifyReply> {
  const { request } = reply;
  const { answer, path } = refusal;
  if (!wantsPage(request, path)) return send(reply, answer);
  if (answer.status === 401 && request.method === 'GET') return send(reply, signInFirst(request.url));
  const { headers, ...page } = pageAnswer(answer.status, pages({ ...refusal, request }));
  return send(reply, { ...page, headers: { ...answer.headers, ...headers } });
}

/** Who is not signed in signs in, and comes back. */
function signInFirst(url: string): Answer {
  return {
    status: 303,
    body: '',
    headers: { location: `${SIGN_IN}?${String(new URLSearchParams({ return_to: url }))}` },
  };
}

/** A person who follows a link gets a page, also when something is wrong. Programs ask below `/api`. */
function wantsPage(request: FastifyRequest, path: string): boolean {
  if (!/\btext\/html\b/i.test(request.headers.accept ?? '')) return false;
  if (isNowhere(request)) return !/^\/+api(\/|$)/i.test(path);
  const answers = Object.values(operationOf(request).answers);
  return answers.includes('page') || answers.includes('redirect');
}

function pathOf({ raw }: FastifyRequest): string {
  return raw.url?.split('?', 1)[0] ?? '';
}

function isRoute(app: FastifyInstance, method: Method, url: string): boolean {
  const route = app.findRoute({ method, url }) as { params: Record<string, string> } | null;
  return route !== null && !hasEmpty(route.params);
}

/** Fastify's router takes an empty segment as the value of a parameter. */
function hasEmpty(params: Readonly<Record<string, string>>): boolean {
  return Object.values(params).includes('');
}

function operationOf({ routeOptions }: FastifyRequest): Operation {
  const { operation } = routeOptions.config;
  if (operation) return operation;
  throw new TypeError('This route was not made from an operation.');
}

/** Fastify's own errors in our words. Any other error of it is the server's fault. */
function toOurError(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code !== 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return error;
  return new VitrineError('unsupported_media_type', 'The Content-Type header cannot be read.');
}

function nothingHere(): VitrineError {
  return new VitrineError(
    'not_found',
    'There is nothing here. GET /api/v1/openapi.json lists what there is.',
  );
}

function notAllowed(allow: readonly Method[], requestId: string): Answer {
  const error = { code: 'bad_request', message: `Only ${allow.join(', ')} can be used here.`, requestId };
  return { status: 405, body: { error }, headers: { allow: allow.join(', '), 'x-request-id': requestId } };
}
