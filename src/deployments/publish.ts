import type { ContainerPorts } from '../containers/container.js';
import { changeEnvironment } from '../environments/change.js';
import { type Environment, isAdmitted, isHeadDeployment, type Resource } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { rememberDelivered } from '../secrets/delivered.js';
import type { SecretPorts } from '../secrets/store.js';
import { VitrineError } from '../shared/errors.js';
import { defaultSettings } from '../settings/settings.js';
import { CONTAINER_STATUS } from '../shared/status/words.js';
import type { Tools } from '../shared/tools.js';
import { startHooksMs } from '../targets/hooks.js';
import type { Deployed, Release, Run, ServerTarget, TargetPorts } from '../targets/target.js';
import { changeDeployment } from './change.js';
import { notMadeLive } from './fence.js';
import type { DeploymentPorts, StoredDeployment } from './store.js';
import { type Configuration, configurationOf, type ConfigurationPorts } from './configuration.js';
import { buildSettingsOf, healthCheckOf } from './variables.js';

export type PublishPorts = EnvironmentPorts &
  DeploymentPorts &
  TargetPorts &
  ConfigurationPorts &
  ContainerPorts &
  Pick<SecretPorts, 'delivered'> &
  Pick<Tools, 'log' | 'clock' | 'newId'>;

type Ports = PublishPorts;

/** What the run handed over. */
interface Handed extends Pick<Release, 'image' | 'compose'> {
  /** What the workflow says of its program, before the settings. */
  readonly program?: Partial<Release['program']>;
  /** The root of a complete upload; null for a target that takes none. */
  readonly root: string | null;
  /** The URL that keeps showing this commit. */
  readonly commitUrl: string;
  /** Lines for the log of the deployment; the server's own log gets them unless given. */
  readonly log?: Run['log'];
}

/**
 * Deploys what the run handed over to its target. The resource is stored before it is made, so that the teardown finds it after a crash.
 * If the deployment was superseded meanwhile, its resource is marked for removal.
 */
export async function publish(
  ports: Ports,
  {
    deployment: waiting,
    root,
    image,
    compose,
    program = {},
    commitUrl,
    log,
  }: Handed & { readonly deployment: StoredDeployment },
): Promise<void> {
  const deployment = { ...waiting, artifactRoot: root };
  const name = deployment.target ?? ports.defaultTarget;
  const target = ports.targets.get(name);
  if (!target) throw new VitrineError('unprocessable', `There is no target "${name}" on this server.`);
  if (target.runsIn === 'ci')
    throw new VitrineError('unprocessable', `A workflow run deploys to "${name}" itself: upload nothing.`);
  const intended = await intendResource(ports, { deployment, artifactRoot: deployment.artifactRoot });
  // The settings may have changed since the run claimed the deployment.
  const problem = targetProblem(ports, { environment: intended, asked: name });
  if (problem !== null) throw new VitrineError('unprocessable', problem);
  const options = target.options.parse(targetOptions(intended, name));
  const configuration = await configurationOf(ports, intended);
  const release = releaseOf(intended, deployment);
  const conceal = concealing(ports, deployment);
  const run = runFor(ports, { configuration, target, about: deployment.id, release });
  const deployed = await target.deploy(
    { ...release, image, compose, program: { ...release.program, ...program } },
    options,
    { ...run, ...(log && { log }), conceal },
  );
  await recordDeployed(ports, { deployment, target: name, deployed, commitUrl });
}

function concealing(ports: Ports, { id: deploymentId }: StoredDeployment): NonNullable<Run['conceal']> {
  return (values) => rememberDelivered(ports, { deploymentId, values });
}

interface Recorded {
  readonly deployment: StoredDeployment;
  readonly target: string;
  readonly deployed: Deployed<unknown>;
}

async function recordDeployed(
  ports: Ports,
  { commitUrl, ...made }: Recorded & { readonly commitUrl: string },
): Promise<void> {
  await recordContainers(ports, made);
  const { deployment, deployed } = made;
  const { url, reach, handle } = deployed;
  // Before the environment: its change makes the server forget what it showed at the host of the commit.
  const plan = () => ({ artifactRoot: deployment.artifactRoot, commitUrl, url, reach });
  await changeDeployment(ports, { id: deployment.id, plan });
  await changeEnvironment(ports, {
    id: deployment.environmentId,
    plan: (seen) => {
      const doomed = !isHeadDeployment(seen, deployment);
      const resources = seen.resources.map((resource) =>
        resource.deploymentId === deployment.id
          ? { ...resource, handle, reach, doomed: resource.doomed || doomed }
          : resource,
      );
      return { patch: { resources }, due: doomed ? ['teardown'] : [] };
    },
  });
}

async function recordContainers(
  { containers, clock, newId }: Ports,
  { deployment: { id: deploymentId, environmentId }, target, deployed }: Recorded,
): Promise<void> {
  const started = deployed.containers ?? [];
  if (started.length === 0) return;
  const common = { environmentId, deploymentId, target, status: CONTAINER_STATUS.running };
  const times = { startedAt: clock.now(), stoppedAt: null };
  const made = started.map(({ id: engineId, service, image, host, port }) => ({
    ...common,
    ...times,
    id: newId(),
    ...{ engineId, service, image, host, port },
  }));
  await containers.replace(deploymentId, made);
}

function releaseOf(
  environment: StoredEnvironment,
  deployment: StoredDeployment,
): Omit<Release, 'image' | 'compose'> {
  const { build } = buildSettingsOf(environment);
  const { memory, cpu } = (environment.settings ?? defaultSettings()).resources;
  return {
    slug: environment.slug,
    generation: deployment.generation,
    deploymentId: deployment.id,
    projectId: environment.projectId,
    sha: deployment.sha,
    trusted: isAdmitted(environment),
    artifact: deployment.artifactRoot,
    program: {
      start: build.start,
      port: build.port,
      ...healthCheckOf(environment),
      memoryBytes: memory,
      cpus: cpu,
    },
    services: build.services,
    hooks: build.hooks,
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
      const target = deployment.target ?? ports.defaultTarget;
      const { reach = null, handle = null } = known ?? {};
      const made = { ...newResource(deployment, { target, artifactRoot }), reach, handle };
      return { patch: { resources: [...others, made] }, due: [] };
    },
  });
}

/** What a target is about to make for a deployment. */
export function newResource(
  { id: deploymentId, generation }: StoredDeployment,
  from: Pick<Resource, 'target' | 'artifactRoot'>,
): Resource {
  return { ...from, generation, deploymentId, reach: null, doomed: false, handle: null };
}

/** The stored options of the target; empty when the settings name another target. */
function targetOptions({ settings }: Pick<Environment, 'settings'>, name: string): unknown {
  return settings?.target?.name === name ? settings.target.options : {};
}

const MEND = 'in .github/preview.yml on the default branch, then re-run the workflow.';

/** Why this server cannot use the requested target, and how to fix it; null when it can. Checked before the build starts. */
export function targetProblem(
  { targets, targetsOff, defaultTarget }: Pick<Ports, 'targets' | 'targetsOff' | 'defaultTarget'>,
  { environment, asked }: { environment: Environment; asked: string | undefined },
): string | null {
  const name = asked ?? environment.settings?.target?.name ?? defaultTarget;
  const target = targets.get(name);
  const off = targetsOff.get(name);
  if (off !== undefined) return off;
  if (!target) {
    const known = [...targets.keys()].join(', ');
    const remedy = asked === undefined ? `Set "target" to one of them ${MEND}` : 'Ask for one of them.';
    return `There is no target "${name.slice(0, 40)}" on this server. It has: ${known}. ${remedy}`;
  }
  const options = target.options.safeParse(targetOptions(environment, name));
  if (options.success) return servicesProblem(target, environment) ?? hooksProblem(target, environment);
  const [issue] = options.error.issues;
  const where = issue?.path.length ? ` (${issue.path.join('.').slice(0, 100)})` : '';
  return `The options of the target "${name}" are not valid${where}: ${issue?.message.slice(0, 200) ?? ''}. Mend them ${MEND}`;
}

function servicesProblem(
  { name, services = DATABASES_ELSEWHERE }: ServerTarget<unknown, unknown>,
  environment: Environment,
): string | null {
  if (services === true || buildSettingsOf(environment).build.services.length === 0) return null;
  return `The target "${name}" starts no databases, and "services" in .github/preview.yml asks for some. ${services}`;
}

const DATABASES_ELSEWHERE = 'Remove "services", or choose a target that runs containers.';

function hooksProblem(
  { name, hooks = NO_PROGRAM }: ServerTarget<unknown, unknown>,
  environment: Environment,
): string | null {
  const asked = Object.values(buildSettingsOf(environment).build.hooks);
  if (hooks === true || asked.every((command) => command === null)) return null;
  return `The target "${name}" runs no hooks, and "hooks" in .github/preview.yml asks for some. ${hooks}`;
}

const NO_PROGRAM = 'Remove "hooks", or choose a target whose program this server starts.';

/** Why the run that asks for this target cannot start. The settings of the default branch decide, where they name a target. */
export function startProblem(
  ports: Pick<Ports, 'targets' | 'targetsOff' | 'defaultTarget'>,
  { environment, asked }: { environment: Environment; asked: string | undefined },
): string | null {
  const named = environment.settings?.target?.name;
  if (asked === undefined || named === undefined || asked === named)
    return targetProblem(ports, { environment, asked });
  return `The workflow asks for the target "${asked.slice(0, 40)}", and the project has the target "${named.slice(0, 40)}". Change "target" ${MEND}`;
}

/** Long enough to pull a large image and to start a slow program. */
const TARGET_DEADLINE_MS = 10 * 60_000;

interface RunInput {
  readonly target: Pick<ServerTarget<unknown, unknown>, 'name'>;
  /** The variables and secrets of what it works for; null when it needs none. */
  readonly configuration: Pick<Configuration, 'variables' | 'secrets'> | null;
  /** What the call is for, for the log. */
  readonly about: string;
  /** What is deployed: hooks run before its program starts. */
  readonly release?: Pick<Release, 'hooks'>;
}

/** What a target gets for one call. It has no access to the stores. */
export function runFor(
  { targetCredentials, visit, log }: Pick<Ports, 'targetCredentials' | 'visit' | 'log'>,
  { target, configuration, about, release }: RunInput,
): Run {
  return {
    credentials: targetCredentials.get(target.name),
    variables: configuration?.variables ?? {},
    secrets: configuration?.secrets ?? {},
    log: (line) => log('info', line, { target: target.name, about }),
    signal: AbortSignal.timeout(TARGET_DEADLINE_MS + (release ? startHooksMs(release.hooks) : 0)),
    fetch: globalThis.fetch,
    visit,
  };
}
