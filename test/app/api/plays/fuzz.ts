import { expect } from '@jest/globals';
import fc from 'fast-check';
import { pathTo } from '../../../../src/contract/client.js';
import { type ApiDescription, describeApi, errorsOf, OPERATIONS } from '../../../../src/contract/openapi.js';
import type { Operation } from '../../../../src/contract/operation.js';
import type { JsonSchema } from '../../../../src/contract/examples.js';
import { ErrorAnswer } from '../../../../src/contract/shapes.js';
import { ERROR_STATUS } from '../../../../src/shared/errors.js';
import { HOSTILE, nearly } from '../../../support/arbitrary.js';

/** The description is what a program of others would make requests from. */
const API: ApiDescription = describeApi('0.0.0');

type Name = keyof typeof OPERATIONS;
export const NAMES = Object.keys(OPERATIONS) as readonly Name[];

interface Described {
  readonly parameters: readonly {
    readonly in?: string;
    readonly name?: string;
    readonly schema?: JsonSchema;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>>;
  };
}

function describedAs({ path, method }: Operation): Described {
  const at = path.replace(/:(\w+)/g, '{$1}');
  return API.paths[at]?.[method.toLowerCase()] as Described;
}

/** A request that an operation takes, or nearly. */
interface FuzzedRequest {
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | undefined;
}

/** Ids of documents that are there, so that requests also get past the look for the document. */
export type Ids = readonly string[];

export function requestsOf(name: Name, ids: Ids): fc.Arbitrary<FuzzedRequest> {
  const operation: Operation = OPERATIONS[name];
  const described = describedAs(operation);
  const { schemas } = API.components;
  const texts = (place: string) => {
    const fields = described.parameters.filter((one) => one.in === place);
    const entries = fields.map(({ name: field = '', schema = {} }) => [
      field,
      fc.oneof(...(field === 'id' ? [{ weight: 6, arbitrary: fc.constantFrom(...ids) }] : []), {
        weight: 3,
        arbitrary: nearly(schema, schemas).map(asText),
      }),
    ]);
    return Object.fromEntries(entries) as Record<string, fc.Arbitrary<string>>;
  };
  const [type = '', media] = Object.entries(described.requestBody?.content ?? {})[0] ?? [];
  return fc
    .record({
      params: fc.record(texts('path')),
      query: fc.record(texts('query'), { requiredKeys: [] }),
      more: fc.option(fc.tuple(fc.constantFrom(...HOSTILE), fc.constantFrom(...HOSTILE)), { freq: 9 }),
      body: bodyOf(type, media?.schema),
      headers: headersOf(type),
    })
    .map(({ params, query, more, body, headers }) => ({
      method: operation.method,
      path: pathTo(operation, { params, query: more ? { ...query, [more[0]]: more[1] } : query }),
      headers,
      body,
    }));
}

/** Without lone surrogates, which no URL can hold. */
function asText(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return Buffer.from(text, 'utf8').toString('utf8');
}

function bodyOf(type: string, schema: JsonSchema | undefined): fc.Arbitrary<string | Uint8Array | undefined> {
  if (type === '') return fc.constant(undefined);
  if (!schema) return fc.uint8Array({ maxLength: 200 });
  const json = nearly(schema, API.components.schemas).map((value) => JSON.stringify(value) ?? '');
  return fc.oneof({ weight: 12, arbitrary: json }, { weight: 1, arbitrary: fc.string({ maxLength: 60 }) });
}

const HEADERS = ['application/json', 'text/plain', 'application/octet-stream'] as const;

function headersOf(type: string): fc.Arbitrary<Readonly<Record<string, string>>> {
  const usual = type === '' ? {} : { 'content-type': type };
  const key = fc.stringMatching(/^[!-~]{1,40}$/).map((text) => ({ ...usual, 'idempotency-key': text }));
  const other = fc.constantFrom(...HEADERS).map((one) => ({ ...usual, 'content-type': one }));
  const match = fc.constant({ ...usual, 'if-none-match': '*', 'if-match': '"x"' });
  return fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, key, match, { weight: 1, arbitrary: other });
}

/** One server, and the tokens of its actors. */
export interface Ground {
  readonly url: string;
  readonly tokens: readonly string[];
  readonly ids: Ids;
}

/** Sends requests of one operation and holds every answer against its declaration. */
export async function fuzz(
  ground: Ground,
  name: Name,
  options: { numRuns: number; seed?: number },
): Promise<void> {
  const operation: Operation = OPERATIONS[name];
  const request = fc.tuple(requestsOf(name, ground.ids), fc.constantFrom(...ground.tokens));
  await fc.assert(
    fc.asyncProperty(request, async ([asked, token]) => {
      const { path, body, ...init } = asked;
      const headers = { ...init.headers, authorization: `Bearer ${token}` };
      const response = await fetch(`${ground.url}${path}`, {
        ...init,
        headers,
        redirect: 'manual',
        ...(body !== undefined && { body: body as Uint8Array<ArrayBuffer> }),
      });
      await holdsTo(operation, response);
    }),
    options,
  );
}

async function holdsTo(operation: Operation, response: Response): Promise<void> {
  const text = await response.text();
  const { status } = response;
  if (status === 304) return expect(text).toBe('');
  const answer = operation.answers[status];
  if (answer === undefined) {
    // An odd parameter may lead to another path.
    const declared = [...errorsOf(operation).map((code) => ERROR_STATUS[code]), 404, 405];
    expect([text, status < 500, declared.some((one) => one === status)]).toEqual([text, true, true]);
    const { error } = ErrorAnswer().parse(JSON.parse(text));
    expect(error.message).not.toMatch(/mongo|cast to|node_modules|undefined|\[object/i);
    return;
  }
  if (typeof answer === 'function') answer().parse(JSON.parse(text));
}
