import { hashToken } from '../../src/people/api-token.js';
import type { Stores } from '../../app/ports.js';
import { newDeployment, newEnvironment } from './builders.js';

/** An environment whose newest deployment is under way, and the token of its run. */
export interface Ground {
  readonly namespace: string;
  readonly environmentId: string;
  readonly deploymentId: string;
  readonly token: string;
}

let made = 0;

/** Makes what a run has that may push images. */
export async function registryGround(
  ports: Pick<Stores, 'environments' | 'deployments' | 'tokens'>,
  { projectId }: { projectId: string },
): Promise<Ground> {
  made += 1;
  const id = made.toString(16).padStart(24, 'c');
  const namespace = `pr-${made}-site`;
  const fresh = newEnvironment({ id, projectId, name: `pr-${made}`, slug: namespace, repoId: 11 });
  const environment = await ports.environments.ensure(fresh);
  await ports.environments.change(environment, { patch: { generation: 1 }, due: [] });
  const deployment = newDeployment({ id, environmentId: id, projectId, repoId: 11, generation: 1 });
  await ports.deployments.ensure(deployment);
  const token = `vtr_${namespace}`;
  const scope = { kind: 'run', deploymentId: id, repoId: 11 } as const;
  await ports.tokens.issue({ hash: hashToken(token), scope, expiresAt: null });
  return { namespace, environmentId: id, deploymentId: id, token };
}
