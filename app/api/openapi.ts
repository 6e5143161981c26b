import { z } from 'zod';
import { ROUTES, type Route, type RouteName } from '../../src/contract/routes.js';
import {
  AppendLogsBody,
  DeploymentView,
  EnvironmentView,
  ErrorAnswer,
  ProgressAnswer,
  RecordProgressBody,
  StartDeploymentAnswer,
  StartDeploymentBody,
} from '../../src/contract/schemas.js';
import { ok, type ApiRoute } from './route.js';

interface Shape {
  readonly body?: z.ZodType;
  readonly answer?: z.ZodType;
  readonly binary?: true;
}

const listOf = (view: z.ZodType) => z.object({ items: z.array(view), nextCursor: z.string().nullable() });

const SHAPES: Readonly<Partial<Record<RouteName, Shape>>> = {
  listEnvironments: { answer: listOf(EnvironmentView) },
  environment: { answer: EnvironmentView },
  environmentByNamespace: { answer: EnvironmentView },
  environmentDeployments: { answer: listOf(DeploymentView) },
  destroyEnvironment: { answer: EnvironmentView },
  startDeployment: { body: StartDeploymentBody, answer: StartDeploymentAnswer },
  deployment: { answer: DeploymentView },
  recordProgress: { body: RecordProgressBody, answer: ProgressAnswer },
  appendLogs: { body: AppendLogsBody },
  uploadPlan: { binary: true },
  uploadPack: { binary: true },
};

/** The description of the API, made from the same table and schemas that the server checks with. Made at the first request. */
export function createOpenApi(version: string): ApiRoute {
  let description: unknown;
  return {
    input: 'none',
    handle: async () => ok((description ??= describeApi(version))),
  };
}

export function describeApi(version: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Vitrine', version },
    paths,
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

function operation(operationId: RouteName, { path, access, summary }: Route) {
  const { body, answer, binary } = SHAPES[operationId] ?? {};
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  return {
    operationId,
    summary,
    description: `For: ${access.join(', ')}.`,
    ...(access.includes('public') ? {} : { security: [{ token: [] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: json(body, 'input') }),
    ...(binary && { requestBody: { content: { 'application/octet-stream': {} } } }),
    responses: {
      '2XX': { description: 'Done', ...(answer && json(answer, 'output')) },
      default: { description: 'Refused, with the reason', ...json(ErrorAnswer, 'output') },
    },
  };
}

function json(schema: z.ZodType, io: 'input' | 'output') {
  return {
    content: { 'application/json': { schema: z.toJSONSchema(schema, { io, unrepresentable: 'any' }) } },
  };
}
