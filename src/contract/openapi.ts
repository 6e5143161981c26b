import { z } from 'zod';
import { actorsFor } from '../people/policies.js';
import { ERROR_STATUS, type ErrorCode } from '../shared/errors.js';
import { deliveries, DeliveryView } from './deliveries.js';
import { deployments, DeploymentView } from './deployments.js';
import { environments, EnvironmentView } from './environments.js';
import { FoundLineView, HealthCheckView, LogLineView, logs } from './logs.js';
import { history, StatisticsView, StepView } from './history.js';
import type { Operation, Operations } from './operation.js';
import { resources } from './resources.js';
import { account, AccountView, SessionView } from './account.js';
import { apiTokens, ApiTokenView } from './api-tokens.js';
import { server } from './server.js';
import { signIn } from './sign-in.js';
import { ErrorAnswer } from './shapes.js';
import { LeakView, targets } from './targets.js';
import { uploads } from './uploads.js';

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
  ...uploads,
  ...deliveries,
  ...history,
  ...targets,
} as const satisfies Operations;

/** Schemas that the description names once and refers to. */
const NAMED = {
  AccountView,
  SessionView,
  ApiTokenView,
  EnvironmentView,
  DeploymentView,
  LogLineView,
  FoundLineView,
  HealthCheckView,
  DeliveryView,
  StepView,
  StatisticsView,
  LeakView,
  ErrorAnswer,
} as const;

/** Every error that an operation can answer: its own, and those that follow from who may call it and what it takes. */
export function errorsOf({ permission, params, query, body, errors = [] }: Operation): readonly ErrorCode[] {
  const actors = actorsFor(permission);
  const when = (condition: unknown, ...codes: ErrorCode[]) => (condition ? codes : []);
  return [
    ...new Set<ErrorCode>([
      ...when(params || query || body, 'bad_request'),
      'unauthorized',
      ...when(!actors.includes('anonymous'), 'forbidden'),
      ...when(actors.includes('run') && params, 'not_found'),
      ...when(body, 'too_large', 'unsupported_media_type'),
      ...when(actors.includes('identity') && !actors.includes('anonymous'), 'too_many_requests'),
      ...errors,
      'internal',
      'unavailable',
    ]),
  ];
}

type Json = Readonly<Record<string, unknown>>;

/** The OpenAPI 3.1 description of these operations. */
export function describeApi(version: string, operations: Operations = OPERATIONS) {
  const paths: Record<string, Json> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(name, operation) };
  }
  const schemas = Object.entries(NAMED).map(([id, schema]) => [id, convert(schema(), 'output', id)]);
  return {
    openapi: '3.1.0' as const,
    info: { title: 'Vitrine', version },
    paths,
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer' },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-sid' },
      },
      schemas: Object.fromEntries(schemas) as Readonly<Record<string, Json>>,
    },
  };
}

function describe(operationId: string, operation: Operation): Json {
  const { summary, permission, params, query, body } = operation;
  const actors = actorsFor(permission);
  const closed = !actors.includes('anonymous');
  return {
    operationId,
    summary,
    description: `For: ${closed ? actors.join(', ') : 'anyone'}.`,
    ...(closed && { security: [{ token: [] }, ...(actors.includes('user') ? [{ session: [] }] : [])] }),
    parameters: [...parameters('path', params?.()), ...parameters('query', query?.())],
    ...(body !== undefined && {
      requestBody: {
        required: true,
        ...(typeof body === 'function'
          ? contentAs(
              operation.form ? 'application/x-www-form-urlencoded' : 'application/json',
              convert(body(), 'input'),
            )
          : { content: { 'application/octet-stream': {} } }),
      },
    }),
    responses: { ...describeErrors(operation), ...describeAnswers(operation) },
  };
}

function describeAnswers({ answers, media = [] }: Operation): Json {
  const others = Object.fromEntries(media.map((type) => [type, TEXT]));
  const described = Object.entries(answers).map(([status, answer]) => {
    const content = { ...contentOf(answer), ...others };
    const described = Object.keys(content).length > 0 ? { content } : {};
    return [status, { description: DESCRIPTIONS[status] ?? 'The answer', ...described }];
  });
  return Object.fromEntries(described) as Json;
}

const DESCRIPTIONS: Readonly<Record<string, string>> = { 201: 'Created', 202: 'Accepted', 303: 'Elsewhere' };

const TEXT = { schema: { type: 'string' } } as const;

function contentOf(answer: Operation['answers'][number]): Json {
  if (typeof answer === 'function') return json(convert(answer(), 'output')).content;
  if (answer === 'page') return { 'text/html': {} };
  return answer === 'text' ? { 'text/plain': TEXT } : {};
}

/** One answer for each status, which names its codes. */
function describeErrors(operation: Operation): Json {
  const codes = errorsOf(operation);
  const described = codes.map((code) => {
    const status = ERROR_STATUS[code];
    const alike = codes.filter((other) => ERROR_STATUS[other] === status);
    const description = `Error: ${alike.map((one) => `\`${one}\``).join(' or ')}`;
    return [status, { description, ...json(convert(ErrorAnswer(), 'output')) }];
  });
  return Object.fromEntries(described) as Json;
}

function parameters(place: 'path' | 'query', schema: z.ZodObject | undefined): readonly Json[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => ({
    name,
    in: place,
    // A default makes a parameter optional for the caller.
    required: !z.safeParse(field, undefined).success,
    // The type that is meant (`integer`): in the request every parameter is text.
    schema: convert(field as z.ZodType, 'output'),
  }));
}

/** The JSON Schema; a reference for what has a name, also inside. `own` is the name of the schema itself, which is written out. */
function convert(schema: z.ZodType, io: 'input' | 'output', own?: string): Json {
  const names = Object.entries(NAMED).map(([id, named]) => [id, named()] as const);
  const id = names.find(([name, named]) => named === schema && name !== own)?.[0];
  if (id !== undefined) return { $ref: uri(id) };
  const registry = z.registry<{ id: string }>();
  for (const [name, named] of names) registry.add(named, { id: name });
  if (own === undefined) registry.add(schema, { id: '-' });
  const made = z.toJSONSchema(registry, { io, uri, unrepresentable: 'any' }).schemas[own ?? '-'];
  return bare(made as Json | undefined);
}

const uri = (id: string) => `#/components/schemas/${id}`;

function json(schema: unknown) {
  return contentAs('application/json', schema);
}

function contentAs(type: string, schema: unknown) {
  return { content: { [type]: { schema } } };
}

/** Without the keys that only a document of its own has. */
function bare({ $schema: _dialect, $id: _id, ...rest }: Json = {}): Json {
  return rest;
}
