import { Id } from '../../../src/contract/schemas.js';
import { destroyEnvironment as destroy } from '../../../src/environments/destroy.js';
import type { Actor } from '../access.js';
import { type ApiRoute, parseInput } from '../route.js';
import { presentEnvironment } from './present.js';
import { found } from './read.js';

export const destroyEnvironment: ApiRoute = {
  input: 'none',
  async handle(ports, { parameters, actor }) {
    const { id: environmentId } = found(await ports.environments.get(parseInput(Id, parameters['id'])));
    const who = nameOf(actor);
    const request = { environmentId, actor: who, rule: 'asked', detail: detailOf(who) } as const;
    return { status: 202, body: presentEnvironment(await destroy(ports, request)) };
  },
};

/** Shown in the pull request, to people who may not know that there is an operator. */
function detailOf(who: string): string {
  return `Taken down by the operator (${who}). Push a commit, or close and reopen, to get it back.`;
}

function nameOf(actor: Actor): string {
  return actor.kind === 'operator' ? actor.name : actor.kind;
}
