import { z } from 'zod';
import { Id } from '../../../src/contract/schemas.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { pageOf, PageQuery, parseInput, parseQuery } from '../parse-input.js';
import { ok, type ApiRoute } from '../route.js';

const Query = z.strictObject(PageQuery);

export const readLogs: ApiRoute = {
  input: 'none',
  async handle({ deployments, logs }, { parameters, query }) {
    const id = parseInput(Id, parameters['id']);
    const page = parseQuery(Query, query);
    if (!(await deployments.get(id))) throw new VitrineError('not_found', 'There is no such deployment.');
    return ok(await logs.read(id, pageOf(page)));
  },
};
