import { isActive, type Environment } from '../../src/domain/environment.js';
import { DEPLOYMENT } from '../../src/domain/lifecycle.js';
import type { Deployment } from '../../src/domain/deployment.js';
import type { DeploymentStore, EnvironmentStore } from '../../src/ports.js';
import type { Preview } from './preview.js';

export interface FindPorts {
  readonly environments: EnvironmentStore;
  readonly deployments: DeploymentStore;
}

const UNKNOWN: Preview = { kind: 'unknown' };
const COMMIT = /^([0-9a-f]{7})-(.+)$/;

/** What a host label shows now, from the documents: the label of an environment, or of one commit of it. */
export async function findPreview(ports: FindPorts, label: string): Promise<Preview> {
  const environment = await ports.environments.bySlug(label);
  if (environment) return latestOf(environment);
  const [, sha7, slug] = COMMIT.exec(label) ?? [];
  if (sha7 === undefined || slug === undefined) return UNKNOWN;
  return commitOf(ports, { sha7, slug });
}

/** The last good deployment, whatever became of the newer ones. */
function latestOf(environment: Environment): Preview {
  const { current } = environment;
  if (!isActive(environment) || !current) return waiting(environment);
  if (current.artifactRoot === null) return elsewhere(environment, current.url);
  return live(environment, {
    deploymentId: current.deploymentId,
    root: current.artifactRoot,
    immutable: false,
  });
}

async function commitOf(ports: FindPorts, { sha7, slug }: { sha7: string; slug: string }): Promise<Preview> {
  const environment = await ports.environments.bySlug(slug);
  if (!environment) return UNKNOWN;
  if (!isActive(environment)) return waiting(environment);
  const deployment = await ports.deployments.bySha7(environment.id, sha7);
  if (!deployment) return UNKNOWN;
  if (!isServable(environment, deployment)) return waiting(environment);
  const { id, artifactRoot } = deployment;
  const settled = DEPLOYMENT[deployment.status].settled;
  return live(environment, { deploymentId: id, root: artifactRoot, immutable: settled });
}

/** Complete, and not on its way out. Before it is live this host is where the run checks that it works. */
function isServable(
  environment: Environment,
  deployment: Deployment,
): deployment is Deployment & { artifactRoot: string } {
  if (deployment.artifactRoot === null) return false;
  return environment.resources.some(
    ({ deploymentId, doomed, handle }) => deploymentId === deployment.id && !doomed && handle !== null,
  );
}

function live(
  environment: Environment,
  shown: { deploymentId: string; root: string; immutable: boolean },
): Preview {
  const spa = environment.settings?.build.spa ?? false;
  return { kind: 'live', projectId: environment.projectId, spa, ...shown };
}

function waiting(environment: Environment): Preview {
  return {
    kind: 'page',
    status: environment.status,
    title: titleOf(environment),
    reason: environment.error ?? refusalOf(environment),
    link: linkOf(environment),
  };
}

function elsewhere(environment: Environment, url: string): Preview {
  const link = { text: 'Open the preview', url };
  return { kind: 'page', status: environment.status, title: titleOf(environment), reason: null, link };
}

function refusalOf({ decision }: Environment): string | null {
  return decision && decision.action !== 'deploy' ? decision.detail : null;
}

function titleOf({ repository, name, pullRequest }: Environment): string {
  return `${repository} ${pullRequest ? `#${pullRequest.number}` : name}`;
}

function linkOf({ pullRequest }: Environment) {
  return pullRequest ? { text: `Pull request #${pullRequest.number}`, url: pullRequest.url } : null;
}
