import { toJson, type Json } from '../documents.js';
import { githubDescription, type Description, type Operation, type Parameter } from './description.js';
import { createChecks, type Checks } from './schemas.js';
import { fieldsOf, undescribed } from './undescribed.js';

/** A request of ours that GitHub's description forbids, or a reply of the emulator that GitHub would never give. */
export interface Violation {
  readonly side: 'request' | 'reply' | 'webhook';
  readonly operation: string;
  readonly errors: readonly string[];
}

export interface DescribedRequest {
  readonly method: string;
  readonly url: URL;
  readonly body: unknown;
}

export interface Validator {
  request(request: DescribedRequest): Violation | undefined;
  reply(request: DescribedRequest, reply: { status: number; body: unknown }): Violation | undefined;
  /** `name` as in the description: `pull-request-opened`. */
  webhook(name: string, payload: unknown): Violation | undefined;
}

let shared: Validator | undefined;

/** One for the process: what was compiled once serves every emulator. */
export function githubValidator(): Validator {
  shared ??= createValidator();
  return shared;
}

function createValidator(): Validator {
  const description = githubDescription();
  const texts = createChecks(description, 'text');
  const checks = createChecks(description, 'json');
  return {
    request({ method, url, body }) {
      const found = description.find(method, url.pathname);
      if (!found) return violation('request', `${method} ${url.pathname}`, ['GitHub has no such operation']);
      const { operation, pathValues } = found;
      const query = queryOf(url);
      const errors = [
        ...checkParameters(texts, { operation, place: 'path', values: pathValues }),
        ...checkParameters(texts, { operation, place: 'query', values: query }),
        ...checkBody(checks, operation, body),
        ...strayFields(description, operation, body),
      ];
      return violation('request', operation.id, errors);
    },
    reply({ method, url }, { status, body }) {
      const operation = description.find(method, url.pathname)?.operation;
      if (!operation || status >= 300) return undefined;
      if (!operation.replies.has(String(status)))
        return violation('reply', operation.id, [`status ${status} is not described`]);
      const schema = operation.replies.get(String(status));
      const errors = schema ? checks.of(`${operation.id} ${status}`, schema)(body) : [];
      return violation('reply', operation.id, withoutMistakes(operation.id, errors));
    },
    webhook(name, payload) {
      const schema = description.webhook(name);
      if (!schema) return violation('webhook', name, ['GitHub has no such event']);
      return violation('webhook', name, checks.of(`webhook ${name}`, schema)(payload));
    },
  };
}

// The description says allOf where an account is either a person, an organisation or an enterprise.
const MISTAKES: Readonly<Record<string, RegExp>> = { 'apps/list-installations': /^\/\d+\/account / };

function withoutMistakes(operation: string, errors: readonly string[]): readonly string[] {
  const mistake = MISTAKES[operation];
  return mistake ? errors.filter((error) => !mistake.test(error)) : errors;
}

function violation(
  side: Violation['side'],
  operation: string,
  errors: readonly string[],
): Violation | undefined {
  return errors.length === 0 ? undefined : { side, operation, errors };
}

interface ParameterValues {
  readonly operation: Operation;
  readonly place: 'path' | 'query';
  readonly values: Json;
}

function checkParameters(checks: Checks, { operation, place, values }: ParameterValues): readonly string[] {
  const parameters = operation.parameters.filter((one) => one.in === place);
  const check = checks.of(`${operation.id} ${place}`, objectOf(parameters));
  const named = new Set(parameters.map(({ name }) => name));
  const errors = [...check(values), ...undescribed(Object.keys(values), named)];
  return errors.map((error) => `${place}${error}`);
}

function objectOf(parameters: readonly Parameter[]): Json {
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map((one) => [one.name, one.schema])),
    required: parameters.filter((one) => one.required === true).map((one) => one.name),
  };
}

function checkBody(checks: Checks, operation: Operation, body: unknown): readonly string[] {
  if (!operation.body) return [];
  if (body === undefined) return operation.body.required ? ['the body is missing'] : [];
  return checks.of(`${operation.id} body`, operation.body.schema)(body);
}

function strayFields(description: Description, { body }: Operation, sent: unknown): readonly string[] {
  const named = body ? fieldsOf(description, body.schema) : new Set<string>();
  return named ? undescribed(Object.keys(toJson(sent)), named) : [];
}

function queryOf(url: URL): Json {
  return Object.fromEntries(url.searchParams);
}
