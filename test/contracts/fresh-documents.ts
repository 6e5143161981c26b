import type { Delivery } from '../../src/deliveries/store.js';
import type { NewDeployment } from '../../src/deployments/model.js';
import type { NewEnvironment } from '../../src/environments/store.js';
import type { Settings } from '../../src/settings/settings.js';

/** Complete documents for the store contracts; each test names what matters to it. */
export function newEnvironment(over: Partial<NewEnvironment> = {}): NewEnvironment {
  const name = over.name ?? 'pr-1';
  return {
    projectId: 'aaaaaaaaaaaaaaaaaaaaaaaa',
    project: 'site',
    repoId: 1,
    repository: 'octo/site',
    installationId: 7,
    name,
    slug: `${name}-site`,
    url: `http://${name}-site.localhost:3000`,
    ...over,
  };
}

export function pullRequest(number: number) {
  return {
    number,
    title: 'A title with $dollar and {"$gt":""}',
    state: 'open' as const,
    merged: false,
    draft: false,
    author: { id: 5, login: 'mona', isBot: false },
    head: { ref: 'feature', sha: 'a'.repeat(40), repoId: 1 },
    base: { ref: 'main', sha: 'b'.repeat(40), repoId: 1 },
    labels: ['preview'],
    updatedAt: new Date('2026-01-02T03:04:05Z'),
    url: 'https://github.com/octo/site/pull/1',
  };
}

/** The store keeps settings as they are; which ones there are is not its business. */
export const SETTINGS = { nested: { list: ['$where', 'a.b'] } } as unknown as Settings;

export function newDeployment(over: Partial<NewDeployment> = {}): NewDeployment {
  return {
    id: 'dddddddddddddddddddddd01',
    environmentId: 'eeeeeeeeeeeeeeeeeeeeeeee',
    projectId: 'aaaaaaaaaaaaaaaaaaaaaaaa',
    repoId: 1,
    generation: 1,
    sha: 'a'.repeat(40),
    run: null,
    branch: 'feature',
    commitMessage: null,
    author: 'mona',
    creator: 'webhook',
    previousDeploymentId: null,
    ...over,
  };
}

export function delivery(over: Partial<Delivery> = {}): Delivery {
  return {
    guid: '11111111-0000-0000-0000-000000000001',
    event: 'pull_request',
    action: 'opened',
    repoId: 1,
    installationId: 7,
    body: Buffer.from('{"zen":"\u00e9"}'),
    receivedAt: new Date('2026-01-01T00:00:00Z'),
    ...over,
  };
}
