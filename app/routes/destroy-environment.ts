import { Id } from '../../src/contract/schemas.js';
import { destroyEnvironment as destroy } from '../../src/usecases/destroy-environment.js';
import type { ApiRoute } from '../http/api-route.js';
import type { Actor } from '../http/authenticate.js';
import { parseInput } from '../http/parse-input.js';
import { presentEnvironment } from '../http/present-environment.js';
import { found } from './environment.js';

export const destroyEnvironment: ApiRoute = {
  input: 'none',
  async handle(ports, { parameters, actor }) {
    const { id: environmentId } = found(await ports.environments.get(parseInput(Id, parameters['id'])));
    const who = nameOf(actor);
    const request = { environmentId, actor: who, rule: 'asked', detail: `${who} asked for it.` } as const;
    return { status: 202, body: presentEnvironment(await destroy(ports, request)) };
  },
};

function nameOf(actor: Actor): string {
  return actor.kind === 'operator' ? actor.name : actor.kind;
}
