import type { Route } from '../../src/contract/routes.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Actor } from './access.js';

/** What is asked for, as far as the path says. */
export interface Resource {
  readonly deploymentId?: string | undefined;
}

/** The one place that says yes. Whatever the table does not allow is refused. */
export function authorize({
  actor,
  route,
  resource,
}: {
  actor: Actor;
  route: Route;
  resource: Resource;
}): void {
  if (route.access.includes('public')) return;
  if (actor.kind === 'public')
    throw new VitrineError('unauthorized', `This needs a token of ${named(route)}.`);
  if (!route.access.includes(actor.kind)) {
    throw new VitrineError('forbidden', `This token cannot do that: it needs one of ${named(route)}.`);
  }
  // Another run's deployment does not exist for this one, so that ids cannot be tried out.
  if (actor.kind === 'run' && resource.deploymentId !== actor.deploymentId) {
    throw new VitrineError('not_found', 'There is no such deployment.');
  }
}

function named({ access }: Route): string {
  const who = {
    public: 'anyone',
    identity: "a workflow's identity",
    run: 'the run that started it',
    operator: 'an operator',
  };
  return access.map((kind) => who[kind]).join(' or ');
}
