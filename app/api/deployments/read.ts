import { z } from 'zod';
import { Id } from '../../../src/contract/schemas.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { found } from '../environments/read.js';
import { type ApiRoute, ok, pageOf, PageQuery, parseInput, parseQuery } from '../route.js';
import { presentDeployment } from './present.js';

export const deployment: ApiRoute = {
  input: 'none',
  async handle({ deployments }, { parameters }) {
    const found = await deployments.get(parseInput(Id, parameters['id']));
    if (!found) throw new VitrineError('not_found', 'There is no such deployment.');
    return ok(presentDeployment(found));
  },
};

const Query = z.strictObject(PageQuery);

export const environmentDeployments: ApiRoute = {
  input: 'none',
  async handle({ environments, deployments }, { parameters, query }) {
    const page = parseQuery(Query, query);
    const { id } = found(await environments.get(parseInput(Id, parameters['id'])));
    const { items, nextCursor } = await deployments.listOf(id, pageOf(page));
    return ok({ items: items.map(presentDeployment), nextCursor });
  },
};
