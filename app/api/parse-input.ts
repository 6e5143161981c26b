import { z } from 'zod';
import { VitrineError } from '../../src/shared/errors.js';

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
