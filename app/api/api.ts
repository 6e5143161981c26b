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
import { OPERATIONS } from '../../src/contract/openapi.js';
import {
  type Method,
  METHODS,
  type Operation,
  type Page,
  type Redirect,
} from '../../src/contract/operation.js';
import { errorCode, VitrineError } from '../../src/shared/errors.js';
import type { BodyBudget } from '../http/body-budget.js';
import { createCookies } from '../http/cookies.js';
import { callerAddress } from '../http/hosts.js';
import { type Answer, errorAnswer, isOurFault, prepareAnswer } from '../http/respond.js';
import type { LogHub } from '../live/hub.js';
import type { Ports } from '../ports.js';
import { type AccessParts, admit, type Caller } from './access.js';
import { type ErrorPages, loadErrorPages } from './error-pages.js';
import { deliveryHandlers } from './deliveries.js';
import { deploymentHandlers } from './deployments.js';
import { environmentHandlers } from './environments.js';
import { type Browser, DirectAnswer, type Handlers } from './handler.js';
import { historyHandlers } from './history.js';
import { parseInput, parseQuery, readInput } from './input.js';
import { logHandlers } from './logs.js';
import { accountHandlers } from './people/account.js';
import { apiTokenHandlers } from './people/api-tokens.js';
import { signInHandlers } from './people/sign-in.js';
import { refuseWithoutProof, type SignedIn } from './session.js';
import { resourceHandlers } from './resources.js';
import { serverHandlers } from './server.js';
import { targetHandlers } from './targets.js';
import { uploadHandlers } from './uploads.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    operation?: Operation;
  }
  interface FastifyRequest {
    caller: Caller;
    /** Null unless a cookie says who asks. */
    signedIn: SignedIn | null;
  }
}

interface ApiParts extends Pick<AccessParts, 'identify' | 'limits'> {
  readonly ports: Ports;
  readonly hub: LogHub;
  readonly budget: BodyBudget;
  readonly version: string;
  /** Asks the database for a sign of life. */
  readonly ping: () => Promise<void>;
}

export interface Api {
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** To be called when no request is being answered any more. */
  close(): Promise<void>;
}

/** The API and the pages on Fastify, as a surface of our own server: docs/decisions/0008-web-framework.md has the reasons. */
export async function createApi(parts: ApiParts): Promise<Api> {
  const app = createFastify();
  const pages = loadErrorPages();
  app.setErrorHandler((error, request, reply) => refuse(app, { parts, pages, error, request, reply }));
  addHooks(app, parts);
  const handlers: Handlers<typeof OPERATIONS> = {
    ...serverHandlers(parts),
    ...signInHandlers(parts.ports),
    ...accountHandlers,
    ...apiTokenHandlers,
    ...environmentHandlers,
    ...deploymentHandlers,
    ...logHandlers(parts),
    ...resourceHandlers,
    ...uploadHandlers,
    ...deliveryHandlers,
    ...historyHandlers,
    ...targetHandlers,
  };
  for (const name of Object.keys(OPERATIONS) as (keyof typeof OPERATIONS)[])
    mount(app, { operation: OPERATIONS[name], handle: handlers[name] as Handle, parts });
  await app.ready();
  return { answer: (request, response) => app.routing(request, response), close: () => app.close() };
}

/** A handler whose operation is not known to the compiler: the schemas of the operation were applied to its input. */
type Handle = (ports: Ports, input: unknown) => Promise<unknown>;

function createFastify(): FastifyInstance {
  const app = fastify({
    genReqId: () => randomBytes(8).toString('hex'),
    // For a path that cannot be decoded, Fastify runs neither hooks nor the error handler.
    frameworkErrors: (_error, request, reply) => send(reply, errorAnswer(nothingHere(), request.id)),
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
  app.addHook('onRequest', async (request, reply) => {
    if (request.is404) throw nothingHere();
    const params = request.params as Record<string, string>;
    if (hasEmpty(params)) throw nothingHere();
    const operation = operationOf(request);
    const { caller, signedIn } = await admit(access, { operation, request: request.raw, params });
    Object.assign(request, { caller, signedIn });
    if (signedIn?.cookie) reply.header('set-cookie', signedIn.cookie);
  });
  app.addHook('preValidation', async (request) => {
    const operation = operationOf(request);
    request.body = await readInput(operation, { request: request.raw, budget });
    const { signedIn } = request;
    if (operation.form && signedIn)
      refuseWithoutProof(signedIn.session, (request.body as { csrf?: unknown }).csrf);
  });
}

interface Mounted {
  readonly operation: Operation;
  readonly handle: Handle;
  readonly parts: ApiParts;
}

function mount(app: FastifyInstance, { operation, handle, parts }: Mounted): void {
  const access = { ...parts.ports, ...parts };
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
      const { id, caller, signedIn, params, query, body, headers, raw } = request;
      const arrival = { operation, request: raw, params: params as Record<string, string> };
      const input = {
        ...{ params, query, body, caller, session: signedIn?.session ?? null },
        browser: browserOf(parts.ports, request),
        accept: headers.accept ?? '',
        lastEventId: headers['last-event-id']?.toString(),
        stillAllowed: () => isStillAllowed(access, arrival),
      };
      const result = await handle(parts.ports, input);
      if (result instanceof DirectAnswer) {
        const written = result.write(reply.raw, { 'x-request-id': id });
        reply.hijack();
        Promise.resolve(written).catch((error: unknown) => reportCut(parts, { request, error }));
        return reply;
      }
      const { status, body: content, headers: own, cookies } = toAnswer(operation, result);
      for (const cookie of cookies ?? []) reply.header('set-cookie', cookie);
      return send(reply, { status, body: content, headers: { 'x-request-id': id, ...own } });
    },
  });
}

function browserOf({ publicUrl }: Ports, { raw, headers }: FastifyRequest): Browser {
  const signInCookie = createCookies(publicUrl).read(raw, 'sign-in');
  return { userAgent: headers['user-agent'] ?? '', address: callerAddress(raw), signInCookie };
}

/** Rights that cannot be checked count as taken away. */
async function isStillAllowed(...asked: Parameters<typeof admit>): Promise<boolean> {
  return admit(...asked).then(
    () => true,
    () => false,
  );
}

/** An answer of which the client has a part already. A client that left is no fault. */
function reportCut(
  { ports }: ApiParts,
  { request: { id: requestId, method, url }, error }: Pick<Failed, 'request' | 'error'>,
): void {
  if (errorCode(error) === 'ERR_STREAM_PREMATURE_CLOSE') return;
  ports.log('error', 'an answer was cut off', { requestId, method, path: url.split('?', 1)[0], error });
}

/** A handler's result as an answer: it holds its status only where several are declared. */
function toAnswer(
  { answers }: Operation,
  result: unknown,
): Answer & { readonly cookies?: readonly string[] } {
  const [only, ...others] = Object.keys(answers).map(Number);
  const { status, body } =
    only === undefined || others.length > 0
      ? (result as { status: number; body: unknown })
      : { status: only, body: result };
  const kind = answers[status];
  if (kind === 'redirect') {
    const { location, cookies = [] } = body as Redirect;
    return { status, body: '', headers: { location }, cookies };
  }
  if (kind !== 'page') return { status, body };
  const { cookies = [], ...page } = body as Page;
  return { ...pageAnswer(status, page), cookies };
}

function pageAnswer(status: number, { html, policy }: Page): Answer {
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
  return { status, body: html, headers };
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

function refuse(app: FastifyInstance, { parts, pages, error, request, reply }: Failed): FastifyReply {
  const cause = toOurError(error);
  const { id: requestId, method } = request;
  const [path = ''] = request.raw.url?.split('?', 1) ?? [];
  const allowed = request.is404 ? METHODS.filter((other) => isRoute(app, other, path)) : [];
  if (allowed.length > 0) return send(reply, notAllowed(allowed, requestId));
  if (isOurFault(cause)) parts.ports.log('error', 'request failed', { requestId, method, path, error });
  const answer = errorAnswer(cause, requestId);
  if (!wantsPage(request)) return send(reply, answer);
  const { headers, ...page } = pageAnswer(answer.status, pages(answer));
  return send(reply, { ...page, headers: { ...answer.headers, ...headers } });
}

/** A person who follows a link gets a page, also when something is wrong. */
function wantsPage({ is404, routeOptions, headers }: FastifyRequest): boolean {
  const answers = is404 ? [] : Object.values(routeOptions.config.operation?.answers ?? {});
  const isForPeople = answers.includes('page') || answers.includes('redirect');
  return isForPeople && /\btext\/html\b/i.test(headers.accept ?? '');
}

function isRoute(app: FastifyInstance, method: Method, url: string): boolean {
  const route = app.findRoute({ method, url }) as { params: Record<string, string> } | null;
  return route !== null && !hasEmpty(route.params);
}

/** Fastify's router takes an empty segment as the value of a parameter. */
function hasEmpty(params: Readonly<Record<string, string>>): boolean {
  return Object.values(params).includes('');
}

function send(reply: FastifyReply, answer: Answer): FastifyReply {
  const { status, head, text } = prepareAnswer(answer);
  for (let index = 0; index < head.length; index += 2) reply.header(head[index] ?? '', head[index + 1]);
  return reply.code(status).send(text);
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
