import { StartDeploymentBody, type StartDeploymentAnswer } from '../../../src/contract/schemas.js';
import { startDeployment as start, type Started } from '../../../src/runs/start.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { presentEnvironment } from '../environments/present.js';
import { type ApiRoute, ok, parseInput } from '../route.js';
import { presentDeployment } from './present.js';

export const startDeployment: ApiRoute = {
  input: 'json',
  async handle(ports, { actor, body }) {
    if (actor.kind !== 'identity')
      throw new VitrineError('forbidden', "Only a workflow's identity can start a deployment.");
    const started = await start(ports, {
      identity: actor.identity,
      body: parseInput(StartDeploymentBody, body),
    });
    return ok(present(started));
  },
};

function present(started: Started): StartDeploymentAnswer {
  if (!started.proceed) {
    const { action, rule, detail } = started.decision;
    const environment = started.environment && presentEnvironment(started.environment);
    return { proceed: false, environment, decision: { action, rule, detail } };
  }
  return {
    proceed: true,
    token: started.token,
    tokenExpiresAt: started.tokenExpiresAt.toISOString(),
    deployment: presentDeployment(started.deployment),
    environment: presentEnvironment(started.environment),
    plan: { ...started.plan, variables: { ...started.plan.variables } },
  };
}
