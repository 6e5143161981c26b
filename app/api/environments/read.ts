import { z } from 'zod';
import { Id } from '../../../src/contract/schemas.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { parseInput } from '../parse-input.js';
import { ok, type ApiRoute } from '../route.js';
import { presentEnvironment } from './present.js';

const Namespace = z
  .string()
  .regex(/^[a-z0-9-]{1,63}$/, 'must be a namespace: up to 63 lower-case letters, digits and dashes');

export const environment: ApiRoute = {
  input: 'none',
  async handle({ environments }, { parameters }) {
    return ok(presentEnvironment(found(await environments.get(parseInput(Id, parameters['id'])))));
  },
};

export const environmentByNamespace: ApiRoute = {
  input: 'none',
  async handle({ environments }, { parameters }) {
    const slug = parseInput(Namespace, parameters['namespace']);
    return ok(presentEnvironment(found(await environments.bySlug(slug))));
  },
};

export function found(environment: StoredEnvironment | null): StoredEnvironment {
  if (environment) return environment;
  throw new VitrineError('not_found', 'There is no such environment.');
}
