import { z } from 'zod';
import { actorsFor } from '../people/policies.js';
import { ERROR_STATUS, type ErrorCode } from '../shared/errors.js';
import { access } from './access.js';
import { administration } from './administration.js';
import { configuration } from './configuration.js';
import { deliveries } from './deliveries.js';
import { deployments } from './deployments.js';
import { environments } from './environments.js';
import { invitations } from './people/invitations.js';
import { notifications } from './notifications.js';
import { passwords } from './people/passwords.js';
import { account } from './people/account.js';
import { apiTokens } from './people/api-tokens.js';
import { exampleOf, type JsonSchema, type Schemas } from './examples.js';
import { convert, namedSchemas } from './json-schemas.js';
import { history } from './history.js';
import { logs } from './logs.js';
import { members } from './people/members.js';
import type { Operation, Operations } from './operation.js';
import { projects } from './projects.js';
import { resources } from './resources.js';
import { descriptionOf, isKeyed, SECURITY, securityOf } from './security.js';
import { screenshots } from './screenshots.js';
import { server } from './server.js';
import { signIn } from './people/sign-in.js';
import { ErrorAnswer } from './shapes.js';
import { targets } from './targets.js';
import { programs } from './programs.js';
import { uploads } from './uploads.js';
import { fieldWords, tagOf, tagsOf } from './words.js';

/** Every operation of the API. */
export const OPERATIONS = {
  ...server,
  ...signIn,
  ...account,
  ...apiTokens,
  ...environments,
  ...deployments,
  ...logs,
  ...resources,
  ...projects,
  ...members,
  ...programs,
  ...uploads,
  ...deliveries,
  ...history,
  ...targets,
  ...configuration,
  ...notifications,
  ...passwords,
  ...invitations,
  ...access,
  ...administration,
  ...screenshots,
} as const satisfies Operations;

/** Every error that an operation can answer: its own, and those that follow from who may call it and what it takes. */
export function errorsOf(operation: Operation): readonly ErrorCode[] {
  const { permission, params, query, body, resource, unlimited, errors = [] } = operation;
  const actors = actorsFor(permission);
  const when = (condition: unknown, ...codes: ErrorCode[]) => (condition ? codes : []);
  return [
    ...new Set<ErrorCode>([
      ...when(params || query || body || isKeyed(operation), 'bad_request'),
      'unauthorized',
      ...when(!actors.includes('anonymous'), 'forbidden'),
      // What belongs to others is not found.
      ...when(resource, 'not_found'),
      ...when(isKeyed(operation), 'conflict', 'unprocessable'),
      ...when(body, 'too_large', 'unsupported_media_type'),
      ...when(!unlimited, 'too_many_requests'),
      ...errors,
      'internal',
      'unavailable',
    ]),
  ];
}

type Json = Readonly<Record<string, unknown>>;

export type ApiDescription = ReturnType<typeof describeApi>;

/** The OpenAPI 3.1 description of these operations. */
export function describeApi(version: string, operations: Operations = OPERATIONS) {
  const schemas = namedSchemas();
  const paths: Record<string, Json> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    const described = describe({ name, operation, schemas });
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: described };
  }
  return {
    openapi: '3.1.0' as const,
    info: {
      title: 'Vitrine API',
      version,
      description:
        'Previews of pull requests on a server of your own. docs/api.md explains what all operations share.',
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This server' }],
    tags: tagsOf(Object.values(operations).map(({ path }) => path)),
    paths,
    components: { securitySchemes: SECURITY, schemas, headers: HEADERS, parameters: PARAMETERS },
  };
}

const whole = { schema: { type: 'integer' } } as const;

const HEADERS = {
  'RateLimit-Limit': { description: 'How many requests a window allows.', ...whole },
  'RateLimit-Remaining': { description: 'How many of them are left.', ...whole },
  'RateLimit-Reset': { description: 'In how many seconds the next window begins.', ...whole },
  ETag: {
    description: 'Names what was answered, for `If-None-Match` and `If-Match`.',
    schema: { type: 'string' },
  },
} as const;

const PARAMETERS = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    required: false,
    description:
      'A UUID of your own. The same request with the same key is carried out once within 24 hours.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
    example: '0b0f5cb4-2a3a-4a0e-9d56-6a2f6f0f6a55',
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    required: false,
    description: 'An ETag of an earlier answer. The answer is 304 when nothing has changed.',
    schema: { type: 'string' },
    example: '"h4Cx0T2mVnI0oYl7qQ1bq0uWm3s"',
  },
} as const;

interface Described {
  readonly name: string;
  readonly operation: Operation;
  readonly schemas: Schemas;
}

function describe({ name, operation, schemas }: Described): Json {
  const { path, summary, params, query, body } = operation;
  return {
    operationId: name,
    summary,
    description: descriptionOf(operation),
    tags: [tagOf(path)],
    security: securityOf(operation),
    parameters: [
      ...parameters('path', { schema: params?.(), schemas }),
      ...parameters('query', { schema: query?.(), schemas }),
      ...(isKeyed(operation) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
      ...(operation.method === 'GET' ? [{ $ref: '#/components/parameters/IfNoneMatch' }] : []),
    ],
    ...(body !== undefined && {
      requestBody: {
        required: true,
        ...(typeof body === 'function' ? bodyOf(operation, convert(body(), 'input'), schemas) : BYTES),
      },
    }),
    responses: { ...describeErrors(operation), ...describeAnswers(operation, schemas) },
  };
}

const BYTES = { content: { 'application/octet-stream': {} } };

function bodyOf({ form }: Operation, schema: JsonSchema, schemas: Schemas) {
  const { content } = json(schema, schemas);
  return { content: form ? { 'application/x-www-form-urlencoded': content['application/json'] } : content };
}

function describeAnswers({ method, answers, unlimited, media = [] }: Operation, schemas: Schemas): Json {
  const reads = method === 'GET';
  const names = [...(unlimited ? [] : LIMIT_HEADERS), ...(reads ? (['ETag'] as const) : [])];
  const headers = Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
  const others = Object.fromEntries(media.map((type) => [type, TEXT]));
  const described = Object.entries(answers).map(([status, answer]) => {
    const content = { ...contentOf(answer, schemas), ...others };
    const filled = Object.keys(content).length > 0 ? { content } : {};
    return [status, { description: WORDS[status] ?? 'The answer', headers, ...filled }] as const;
  });
  const unchanged = reads ? [['304', { description: 'Nothing has changed', headers }] as const] : [];
  return Object.fromEntries([...described, ...unchanged]) as Json;
}

const LIMIT_HEADERS = ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'] as const;

const WORDS: Readonly<Record<string, string>> = {
  201: 'Created',
  202: 'Accepted',
  204: 'Done',
  303: 'Elsewhere',
};

const TEXT = { schema: { type: 'string' } } as const;

function contentOf(answer: Operation['answers'][number], schemas: Schemas): Json {
  if (typeof answer === 'function') return json(convert(answer(), 'output'), schemas).content;
  if (answer === 'page') return { 'text/html': {} };
  if (answer === 'image') return { 'image/png': {}, 'image/jpeg': {} };
  return answer === 'text' ? { 'text/plain': TEXT } : {};
}

/** One answer for each status, which names its codes. */
function describeErrors(operation: Operation): Json {
  const codes = errorsOf(operation);
  const described = codes.map((code) => {
    const status = ERROR_STATUS[code];
    const alike = codes.filter((other) => ERROR_STATUS[other] === status);
    const description = `Error: ${alike.map((one) => `\`${one}\``).join(' or ')}`;
    const example = {
      error: { code, message: 'What went wrong, and what to do next.', requestId: '9f86d081884c7d65' },
    };
    const schema = convert(ErrorAnswer(), 'output');
    return [status, { description, content: { 'application/json': { schema, example } } }];
  });
  return Object.fromEntries(described) as Json;
}

interface Fields {
  readonly schema: z.ZodObject | undefined;
  readonly schemas: Schemas;
}

function parameters(place: 'path' | 'query', { schema, schemas }: Fields): readonly Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    // The type that is meant (`integer`): in the request every parameter is text.
    const shape = convert(field as z.ZodType, 'output');
    return {
      name,
      in: place,
      // A default makes a parameter optional for the caller.
      required: !z.safeParse(field, undefined).success,
      description: shape.description ?? fieldWords(name) ?? `The ${name.replaceAll('_', ' ')}.`,
      schema: shape,
      ...(place === 'path' && { example: exampleOf(shape, schemas, name) }),
    };
  });
}

function json(schema: JsonSchema, schemas: Schemas) {
  const example = exampleOf(schema, schemas);
  return { content: { 'application/json': { schema, ...(example !== undefined && { example }) } } };
}
