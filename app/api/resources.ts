import type { RemovalView, resources } from '../../src/contract/resources.js';
import { announceResource, recordResource, withdrawResource } from '../../src/deployments/resources.js';
import type { Identity } from '../../src/runs/identity.js';
import { finishRemoval, type Removal, startRemovals } from '../../src/runs/removals.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Caller } from './access.js';
import { presentEnvironment } from './environments.js';
import type { Handlers } from './handler.js';

export const resourceHandlers: Handlers<typeof resources> = {
  async announceResource(ports, { params }) {
    return { previous: await announceResource(ports, { deploymentId: params.id }) };
  },

  async recordResource(ports, { params, body }) {
    await recordResource(ports, { deploymentId: params.id, made: body });
    return { recorded: true };
  },

  async withdrawResource(ports, { params }) {
    await withdrawResource(ports, { deploymentId: params.id });
    return { withdrawn: true };
  },

  async startRemovals(ports, { caller, body }) {
    const { removals, busy, live } = await startRemovals(ports, { identity: identityOf(caller), body });
    return { removals: removals.map(presentRemoval), busy, live };
  },

  async finishRemoval(ports, { caller, params, body }) {
    const { deep } = await ports.redactionOf(params.id);
    const safe = { ...body, error: deep(body.error) };
    const removal = { identity: identityOf(caller), body: safe, deploymentId: params.id };
    return { environment: presentEnvironment(await finishRemoval(ports, removal)) };
  },
};

function identityOf(caller: Caller): Identity {
  if (caller.kind === 'identity') return caller.identity;
  throw new VitrineError('forbidden', "Only a workflow's identity can remove what a workflow deployed.");
}

function presentRemoval({ environment, resource, variables, secrets }: Removal): RemovalView {
  const { deploymentId: id, generation, reach, handle } = resource;
  const url = reach?.kind === 'elsewhere' ? reach.url : null;
  return {
    id,
    project: environment.project,
    environment: presentEnvironment(environment),
    url,
    generation,
    handle,
    variables: { ...variables },
    secrets: { ...secrets },
  };
}
