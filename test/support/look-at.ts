import type { Ports } from '../../app/ports.js';
import type { StoredDeployment } from '../../src/deployments/store.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import type { World } from './start-world.js';

export interface Seen {
  readonly environment: StoredEnvironment;
  /** Newest first. */
  readonly deployments: readonly StoredDeployment[];
}

/** What the documents say of a pull request with one project. */
export async function lookAt({ app, repoId }: World, number: number): Promise<Seen> {
  const [environment, ...others] = await app.ports.environments.ofPullRequest(repoId(), number);
  if (!environment || others.length > 0) throw new Error(`#${number} should have one environment.`);
  const { items: deployments } = await app.ports.deployments.listOf(environment.id, { limit: 20 });
  return { environment, deployments };
}

/** The ports of a server that looks at its clock so much later. */
export function portsIn(ms: number, { app }: World): Ports {
  return { ...app.ports, clock: { now: () => new Date(Date.now() + ms) } };
}
