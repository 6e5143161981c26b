import { z } from 'zod';
import { Id } from '../../src/contract/schemas.js';
import { ok, type ApiRoute } from '../http/api-route.js';
import { pageOf, PageQuery, parseInput, parseQuery } from '../http/parse-input.js';
import { presentDeployment } from '../http/present-deployment.js';
import { found } from './environment.js';

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
