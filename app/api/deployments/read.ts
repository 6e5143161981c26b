import { Id } from '../../../src/contract/schemas.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { parseInput } from '../parse-input.js';
import { ok, type ApiRoute } from '../route.js';
import { presentDeployment } from './present.js';

export const deployment: ApiRoute = {
  input: 'none',
  async handle({ deployments }, { parameters }) {
    const found = await deployments.get(parseInput(Id, parameters['id']));
    if (!found) throw new VitrineError('not_found', 'There is no such deployment.');
    return ok(presentDeployment(found));
  },
};
