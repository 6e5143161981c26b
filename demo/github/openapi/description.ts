/** GitHub's own description of its API, from npm `@octokit/openapi`: 13 MB, read once a process in about 0.1 s. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { z } from 'zod';
import type { Json } from '../documents.js';

const parameter = z.looseObject({
  name: z.string(),
  in: z.string(),
  required: z.boolean().optional(),
  schema: z.record(z.string(), z.unknown()),
});
const content = z.record(z.string(), z.looseObject({ schema: z.record(z.string(), z.unknown()).optional() }));
const operation = z.looseObject({
  operationId: z.string(),
  parameters: z.array(z.union([z.looseObject({ $ref: z.string() }), parameter])).optional(),
  requestBody: z.looseObject({ required: z.boolean().optional(), content }).optional(),
  responses: z.record(
    z.string(),
    z.looseObject({ $ref: z.string().optional(), content: content.optional() }),
  ),
});
const described = z.object({
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  'x-webhooks': z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.record(z.string(), z.record(z.string(), z.unknown())),
});

export type Parameter = z.infer<typeof parameter>;

export interface Operation {
  readonly id: string;
  readonly parameters: readonly Parameter[];
  readonly body: { readonly required: boolean; readonly schema: Json } | undefined;
  /** Schemas of the JSON replies by status; undefined = a reply without JSON. */
  readonly replies: ReadonlyMap<string, Json | undefined>;
}

export interface Description {
  find(method: string, path: string): { operation: Operation; pathValues: Json } | undefined;
  schema(name: string): Json;
  /** The payload of a webhook, such as `pull-request-opened`. */
  webhook(name: string): Json | undefined;
}

interface PathPattern {
  readonly template: string;
  readonly pattern: RegExp;
  readonly names: readonly string[];
}

let loaded: Description | undefined;

export function githubDescription(): Description {
  loaded ??= createDescription();
  return loaded;
}

function createDescription(): Description {
  const file = createRequire(import.meta.url).resolve('@octokit/openapi/generated/api.github.com.json');
  const {
    paths,
    components,
    'x-webhooks': webhooks,
  } = described.parse(JSON.parse(readFileSync(file, 'utf8')));
  const patterns = Object.keys(paths).map(patternOf).sort(mostLiteralFirst);
  const component = (kind: string, ref: string): unknown => components[kind]?.[ref.split('/').at(-1) ?? ''];
  const operations = new Map<string, Operation>();
  return {
    schema: (name) => component('schemas', name) as Json,
    webhook: (name) => bodyOf(operation.safeParse(webhooks[name]?.post).data)?.schema,
    find(method, path) {
      const verb = method.toLowerCase();
      const hit = patterns.find((one) => one.pattern.test(path) && paths[one.template]?.[verb]);
      if (!hit) return undefined;
      const key = `${verb} ${hit.template}`;
      const known =
        operations.get(key) ?? operationOf(operation.parse(paths[hit.template]?.[verb]), component);
      operations.set(key, known);
      return { operation: known, pathValues: valuesOf(hit, path) };
    },
  };
}

function operationOf(
  raw: z.infer<typeof operation>,
  component: (kind: string, ref: string) => unknown,
): Operation {
  const parameters = (raw.parameters ?? []).map((one) =>
    parameter.parse('$ref' in one ? component('parameters', String(one.$ref)) : one),
  );
  const replies = Object.entries(raw.responses).map(([status, reply]) => {
    const target =
      reply.$ref === undefined
        ? reply
        : operation.shape.responses.valueType.parse(component('responses', reply.$ref));
    return [status, target.content?.['application/json']?.schema] as const;
  });
  return { id: raw.operationId, parameters, body: bodyOf(raw), replies: new Map(replies) };
}

function bodyOf(raw: z.infer<typeof operation> | undefined): Operation['body'] {
  const schema = raw?.requestBody?.content['application/json']?.schema;
  return schema && { required: raw?.requestBody?.required ?? false, schema };
}

// Refs and file paths may hold slashes; all other parameters are one segment.
function patternOf(template: string): PathPattern {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '');
  const source = template.replace(/\{(\w+)\}/g, (_, name: string) =>
    /^(path|ref|basehead)$/.test(name) ? '(.+)' : '([^/]+)',
  );
  return { template, names, pattern: new RegExp(`^${source}$`) };
}

function mostLiteralFirst(a: PathPattern, b: PathPattern): number {
  return a.names.length - b.names.length || b.template.length - a.template.length;
}

function valuesOf({ names, pattern }: PathPattern, path: string): Json {
  const values = pattern.exec(path)?.slice(1) ?? [];
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(values[index] ?? '')]));
}
