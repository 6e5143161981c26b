import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { Operation } from '../../src/contract/operation.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { BodyBudget } from '../http/body-budget.js';
import { parseJson, readBody, refuseDeep, requireType, streamBody } from '../http/body.js';

const MIB = 1024 * 1024;

const TIMEOUT_MS = 15_000;

/** The longest pauses: an upload waits for the disk of its runner, a JSON body is ready when it is sent. */
const IDLE_MS = { stream: 30_000, whole: 10_000 };

/** The body in the form that the operation declares: nothing, a JSON value, bytes, or the stream itself. */
export async function readInput(
  { body, form, maxBytes = MIB }: Operation,
  { request, budget }: { request: IncomingMessage; budget: BodyBudget },
): Promise<unknown> {
  if (body === undefined) return undefined;
  const json = form ? 'application/x-www-form-urlencoded' : 'application/json';
  requireType(request, typeof body === 'function' ? json : 'application/octet-stream');
  if (body === 'stream') return streamBody(request, { maxBytes, idleMs: IDLE_MS.stream });
  const bytes = await readBody(request, { maxBytes, timeoutMs: TIMEOUT_MS, idleMs: IDLE_MS.whole, budget });
  if (body === 'bytes') return bytes;
  if (form) return fieldsOf(new URLSearchParams(bytes.toString('utf8')));
  const value = parseJson(bytes);
  refuseDeep(value);
  return value;
}

const MAX_ISSUES = 5;

/** The value that a schema makes of a part of the request. Throws `bad_request` with the fields that are wrong. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown, whole = 'the body'): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues
    .slice(0, MAX_ISSUES)
    .map(({ path, message }) => `${path.map(String).join('.') || whole}: ${wordsOf(message)}`);
  throw new VitrineError('bad_request', `${issues.join('; ')}.`);
}

/** zod says "expected number, received undefined" of a field that is not there. */
function wordsOf(message: string): string {
  const expected = /^Invalid input: expected (.+), received undefined$/.exec(message)?.[1];
  return expected === undefined ? message : `is missing: it must be of type ${expected}`;
}

/** A query as an object. A name that is given twice has no single meaning, so it is refused. */
export function parseQuery<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
  return parseInput(schema, fieldsOf(query), 'the query');
}

function fieldsOf(fields: URLSearchParams): Record<string, string> {
  const names = [...fields.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new VitrineError('bad_request', `${twice} is there twice.`);
  return Object.fromEntries(fields);
}
