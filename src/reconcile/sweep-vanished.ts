import { ensureHeadDeployment } from '../deployments/change.js';
import { failDeployment } from '../deployments/finish.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { changeEnvironment } from '../environments/change.js';
import { activeEnvironments } from '../environments/list.js';
import type { Environment } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { Tools } from '../shared/tools.js';
import type { ArtifactPorts } from '../uploads/store.js';
import { eachAlone } from './for-each-isolated.js';

type Ports = EnvironmentPorts & DeploymentPorts & ArtifactPorts & Tools;

const GONE =
  'The files of this preview are not on the server any more. Re-run the workflow, or push a commit, to build it again.';

/** Environments that show an upload which is not there: they say so, and how to get it back, instead of answering errors for ever. */
export function sweepVanished(ports: Ports): Promise<number> {
  return eachAlone(ports, {
    items: activeEnvironments(ports),
    fields: { part: 'vanished uploads' },
    work: (environment) => healVanished(ports, environment),
  });
}

async function healVanished(ports: Ports, environment: StoredEnvironment): Promise<number> {
  const root = environment.current?.artifactRoot ?? null;
  if (root === null) return 0;
  const artifact = await ports.artifacts.findByRoot({ projectId: environment.projectId, root });
  if (artifact) return 0;
  const healed = await changeEnvironment(ports, {
    id: environment.id,
    plan: (seen) => {
      if (seen.current?.artifactRoot !== root) return null;
      const doomed = seen.resources.map((one) =>
        one.artifactRoot === root ? { ...one, doomed: true } : one,
      );
      const patch = { current: null, resources: doomed, ...(showsHead(seen) ? headAgain(ports, seen) : {}) };
      return { patch, due: ['report', 'teardown'] };
    },
  });
  if (showsHead(environment)) await sayFailed(ports, healed);
  return 1;
}

function showsHead({ head, current }: Environment): boolean {
  return head !== null && head.deploymentId === current?.deploymentId;
}

/** What succeeded stays history; the commit gets a deployment of its own again, which a run can take on. */
function headAgain(ports: Ports, { head, generation }: Environment) {
  if (!head) return {};
  return {
    generation: generation + 1,
    head: { ...head, deploymentId: ports.newId(), at: ports.clock.now() },
  };
}

async function sayFailed(ports: Ports, environment: StoredEnvironment): Promise<void> {
  const deployment = await ensureHeadDeployment(ports, { environment, run: null });
  if (deployment) await failDeployment(ports, { environment, deployment, event: 'fail', error: GONE });
}
