import { z } from 'zod';
import { Id } from '../../../src/contract/schemas.js';
import { found } from '../environments/read.js';
import { pageOf, PageQuery, parseInput, parseQuery } from '../parse-input.js';
import { ok, type ApiRoute } from '../route.js';
import { presentDeployment } from './present.js';

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
