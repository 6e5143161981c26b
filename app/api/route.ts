import { z } from 'zod';
import { VitrineError } from '../../src/shared/errors.js';
import type { Answer } from '../http/respond.js';
import type { Ports } from '../ports.js';
import type { Actor } from './access.js';

/** A request that has passed the door: its caller is known and allowed, its size is known or counted. */
interface ApiRequest {
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The kinds of answer that the caller understands, as it says them. */
  readonly accept: string;
  readonly actor: Actor;
  /** Parsed JSON for `json` routes, a Buffer for `bytes` routes, undefined otherwise. */
  readonly body: unknown;
  /** The body as it arrives, for `stream` routes. */
  readonly stream: AsyncIterable<Uint8Array>;
}

export interface ApiRoute {
  readonly input: 'none' | 'json' | 'bytes' | 'stream';
  /** The largest body; the default is 1 MiB. */
  readonly maxBytes?: number;
  readonly handle: (ports: Ports, request: ApiRequest) => Promise<Answer>;
}

export function ok(body: unknown): Answer {
  return { status: 200, body };
}

/** Checked at the edge once; what comes out is what was asked for and nothing else. */
export function parseInput<T>(schema: z.ZodType<T>, input: unknown): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issues = result.error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join('.') || 'the body'}: ${issue.message}`);
  throw new VitrineError('bad_request', `${issues.join('; ')}.`);
}

/** A query as an object. A name that is there twice has no single meaning, so it is refused. */
export function parseQuery<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
  const names = [...query.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new VitrineError('bad_request', `${twice} is there twice.`);
  return parseInput(schema, Object.fromEntries(query));
}

const MAX_PAGE = 100;

/** Of every list. */
export const PageQuery = {
  cursor: z.string().min(1).max(200).optional(),
  limit: z
    .string()
    .regex(/^[1-9]\d{0,2}$/, `must be a whole number from 1 to ${MAX_PAGE}`)
    .transform(Number)
    .refine((limit) => limit <= MAX_PAGE, `must be a whole number from 1 to ${MAX_PAGE}`)
    .default(50),
};

/** A page as the stores want it: an absent cursor is absent, not undefined. */
export function pageOf({ cursor, limit }: { cursor?: string | undefined; limit: number }) {
  return { limit, ...(cursor === undefined ? {} : { cursor }) };
}
