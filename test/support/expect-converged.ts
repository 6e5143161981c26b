import { expect } from '@jest/globals';
import type { Ports } from '../../app/ports.js';
import type { StoredDeployment } from '../../src/deployments/store.js';
import { isActive } from '../../src/environments/model.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { DEPLOYMENT } from '../../src/shared/status/deployment.js';
import type { World } from './start-world.js';

export interface Converged {
  readonly environment: StoredEnvironment;
  readonly deployments: readonly StoredDeployment[];
}

/** What can be looked at; the whole world has more, and several servers have no ports of their own here. */
export interface Observable extends Pick<World, 'github' | 'reviewer' | 'repoId'> {
  readonly app: { readonly ports: Pick<Ports, 'environments' | 'deployments'> };
}

/** What must be true whatever happened on the way: the documents and GitHub both say what the pull request says, once. */
export async function expectConverged(world: Observable, number: number): Promise<Converged> {
  const { app, github, reviewer } = world;
  const pull = [...github.state.repositories.values()][0]?.pulls.get(number);
  const environments = await app.ports.environments.ofPullRequest(world.repoId(), number);
  expect(environments).toHaveLength(1);
  const [environment] = environments;
  if (!environment || !pull) throw new Error(`There is no environment for #${number}.`);
  const { items: deployments } = await app.ports.deployments.listOf(environment.id, { limit: 100 });
  const heads = deployments.map(({ sha }) => sha);
  expect(new Set(heads).size).toBe(heads.length);
  for (const sha of new Set([...heads, pull.head.sha])) {
    const checks = await reviewer.checks(sha);
    expect(checks.length).toBeLessThanOrEqual(1);
    if (sha !== pull.head.sha) for (const check of checks) expect(check.conclusion).not.toBeNull();
  }
  expect((await reviewer.comments(number)).length).toBeLessThanOrEqual(1);
  expect(isActive(environment)).toBe(pull.state === 'open');
  if (pull.state === 'open') expect(environment.head?.sha).toBe(pull.head.sha);
  const open = deployments.filter(({ status }) => !DEPLOYMENT[status].settled);
  expect(open.every(({ sha }) => pull.state === 'open' && sha === pull.head.sha)).toBe(true);
  return { environment, deployments };
}
