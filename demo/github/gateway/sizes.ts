/** The sizes GitHub refuses. Summaries count bytes (github/docs#35252), comments count characters. */
import { toJson } from '../documents.js';
import { refused, type ApiReply } from './reply.js';

interface SizeRule {
  readonly path: RegExp;
  readonly field: string;
  readonly limit: number;
  measure(body: unknown): number;
}

const bytes = (value: unknown): number => (typeof value === 'string' ? Buffer.byteLength(value) : 0);
const characters = (value: unknown): number => (typeof value === 'string' ? value.length : 0);
const output = (body: unknown) => toJson(toJson(body).output);

const RULES: readonly SizeRule[] = [
  { path: /\/check-runs/, field: 'summary', limit: 65_535, measure: (body) => bytes(output(body).summary) },
  { path: /\/check-runs/, field: 'text', limit: 65_535, measure: (body) => bytes(output(body).text) },
  {
    path: /\/check-runs/,
    field: 'annotations',
    limit: 50,
    measure: (body) => lengthOf(output(body).annotations),
  },
  {
    path: /\/issues\/.*comments/,
    field: 'body',
    limit: 65_536,
    measure: (body) => characters(toJson(body).body),
  },
  {
    path: /\/(deployments|statuses)/,
    field: 'description',
    limit: 140,
    measure: (body) => characters(toJson(body).description),
  },
];

export function refuseSize(path: string, body: unknown): ApiReply | undefined {
  const broken = RULES.find((rule) => rule.path.test(path) && rule.measure(body) > rule.limit);
  if (!broken) return undefined;
  const message = `${broken.field} is too long (maximum is ${broken.limit})`;
  return refused(422, `Validation Failed: ${message}`, [{ field: broken.field, code: 'custom', message }]);
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}
