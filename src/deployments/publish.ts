import { changeEnvironment } from '../environments/change.js';
import { isHeadDeployment } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { VitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import type { Release, TargetPorts } from '../targets/target.js';
import { intendResource } from './intend-resource.js';
import { runFor } from './run-for.js';
import type { StoredDeployment } from './store.js';
import { targetOptions } from './target-options.js';
import { targetProblem } from './target-problem.js';

type Ports = EnvironmentPorts & TargetPorts & Pick<Tools, 'log'>;

/**
 * Hands a complete upload to its target. What will be made is written down first, so that tear-down finds it whatever happens;
 * a deployment that was overtaken meanwhile has its resource removed again.
 */
export async function publish(ports: Ports, deployment: StoredDeployment): Promise<void> {
  const name = deployment.target ?? ports.defaultTarget;
  const target = ports.targets.get(name);
  if (!target) throw new VitrineError('unprocessable', `There is no target "${name}" on this server.`);
  const intended = await intendResource(ports, { deployment, artifactRoot: deployment.artifactRoot });
  // The settings may have changed since the run was let in.
  const problem = targetProblem(ports, { environment: intended, asked: name });
  if (problem !== null) throw new VitrineError('unprocessable', problem);
  const options = target.options.parse(targetOptions(intended, name));
  const { handle } = await target.deploy(
    releaseOf(intended, deployment),
    options,
    runFor(ports, deployment.id),
  );
  await changeEnvironment(ports, {
    id: deployment.environmentId,
    plan: (seen) => {
      const doomed = !isHeadDeployment(seen, deployment);
      const resources = seen.resources.map((resource) =>
        resource.deploymentId === deployment.id
          ? { ...resource, handle, doomed: resource.doomed || doomed }
          : resource,
      );
      return { patch: { resources }, due: doomed ? ['teardown'] : [] };
    },
  });
}

function releaseOf(environment: StoredEnvironment, deployment: StoredDeployment): Release {
  return {
    slug: environment.slug,
    generation: deployment.generation,
    projectId: environment.projectId,
    sha: deployment.sha,
    artifact: deployment.artifactRoot,
    image: null,
    variables: {},
  };
}
