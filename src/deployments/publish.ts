import { changeEnvironment } from '../environments/change.js';
import { type Environment, isHeadDeployment, type Resource } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { VitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import type { Release, Run, TargetPorts } from '../targets/target.js';
import { notMadeLive } from './fence.js';
import type { StoredDeployment } from './store.js';

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

interface Intent {
  readonly deployment: StoredDeployment;
  readonly artifactRoot: string | null;
}

/** Writes down what is about to be made, before it is made: tear-down then finds it, wherever a crash falls. */
export function intendResource(
  ports: Ports,
  { deployment, artifactRoot }: Intent,
): Promise<StoredEnvironment> {
  return changeEnvironment(ports, {
    id: deployment.environmentId,
    plan: (seen) => {
      if (!isHeadDeployment(seen, deployment)) {
        throw notMadeLive(seen, deployment);
      }
      const known = seen.resources.find((resource) => resource.deploymentId === deployment.id);
      if (known?.artifactRoot === artifactRoot) return null;
      const others = seen.resources.filter((resource) => resource !== known);
      const made: Resource = {
        target: deployment.target ?? ports.defaultTarget,
        generation: deployment.generation,
        deploymentId: deployment.id,
        artifactRoot,
        doomed: false,
        handle: known?.handle ?? null,
      };
      return { patch: { resources: [...others, made] }, due: [] };
    },
  });
}

/** What the settings say for a target; options that were written for another one are not its. */
function targetOptions({ settings }: Pick<Environment, 'settings'>, name: string): unknown {
  return settings?.target?.name === name ? settings.target.options : {};
}

const MEND = 'in .github/preview.yml on the default branch, then re-run the workflow.';

/** Why this server cannot put the environment where it is asked to, with what to do; null when it can. Said before the build, not after it. */
export function targetProblem(
  { targets, defaultTarget }: Pick<Ports, 'targets' | 'defaultTarget'>,
  { environment, asked }: { environment: Environment; asked: string | undefined },
): string | null {
  const name = asked ?? environment.settings?.target?.name ?? defaultTarget;
  const target = targets.get(name);
  if (!target) {
    const known = [...targets.keys()].join(', ');
    const remedy = asked === undefined ? `Set "target" to one of them ${MEND}` : 'Ask for one of them.';
    return `There is no target "${name.slice(0, 40)}" on this server. It has: ${known}. ${remedy}`;
  }
  const options = target.options.safeParse(targetOptions(environment, name));
  if (options.success) return null;
  const [issue] = options.error.issues;
  const where = issue?.path.length ? ` (${issue.path.join('.').slice(0, 100)})` : '';
  return `The options of the target "${name}" are not valid${where}: ${issue?.message.slice(0, 200) ?? ''}. Mend them ${MEND}`;
}

const TARGET_DEADLINE_MS = 5 * 60_000;

/** What a target is given to work with: nothing reaches back into the core. */
export function runFor(ports: Pick<Ports, 'log'>, deploymentId: string): Run {
  return {
    credentials: {},
    log: (line) => ports.log('info', line, { deploymentId }),
    signal: AbortSignal.timeout(TARGET_DEADLINE_MS),
    fetch,
  };
}
