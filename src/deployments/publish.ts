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
 * Deploys a complete upload to its target. The resource is stored before it is made, so that the teardown finds it after a crash.
 * If the deployment was superseded meanwhile, its resource is marked for removal.
 */
export async function publish(ports: Ports, deployment: StoredDeployment): Promise<void> {
  const name = deployment.target ?? ports.defaultTarget;
  const target = ports.targets.get(name);
  if (!target) throw new VitrineError('unprocessable', `There is no target "${name}" on this server.`);
  const intended = await intendResource(ports, { deployment, artifactRoot: deployment.artifactRoot });
  // The settings may have changed since the run claimed the deployment.
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

/** Stores a resource before the target makes it, so that the teardown finds it after a crash. */
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

/** The stored options of the target; empty when the settings name another target. */
function targetOptions({ settings }: Pick<Environment, 'settings'>, name: string): unknown {
  return settings?.target?.name === name ? settings.target.options : {};
}

const MEND = 'in .github/preview.yml on the default branch, then re-run the workflow.';

/** Why this server cannot use the requested target, and how to fix it; null when it can. Checked before the build starts. */
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

/** What a target gets for one deployment. It has no access to the stores. */
export function runFor(ports: Pick<Ports, 'log'>, deploymentId: string): Run {
  return {
    credentials: {},
    log: (line) => ports.log('info', line, { deploymentId }),
    signal: AbortSignal.timeout(TARGET_DEADLINE_MS),
    fetch,
  };
}
