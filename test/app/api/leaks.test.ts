import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { LeakView } from '../../../src/contract/targets.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { createTargets } from '../../../src/targets/registry.js';
import { newEnvironment } from '../../support/builders.js';
import { createMemoryCommandRecords } from '../../support/memory-command-records.js';
import { createMemoryStaticHosting } from '../../support/memory-static-hosting.js';
import { startApp, type TestApp } from '../../support/start-app.js';

const LEFT = 'https://left.example/';
const PLACE = { slug: 'pr-1-site', generation: 1 };
const HANDLE = { ...PLACE, url: LEFT, healthPath: '/', handle: { name: 'left' } };

const leaksOf = async (app: TestApp) => {
  const answer = await app.api('/api/v1/leaks');
  return z.object({ items: z.array(LeakView()) }).parse(await answer.json()).items;
};

/** As after two weeks in which no workflow run removed what one had deployed. */
async function abandon({ ports }: TestApp): Promise<string> {
  const environment = await ports.environments.ensure(newEnvironment());
  const cleanup = { since: new Date(1), run: null, startedAt: null, error: null, logsUrl: null };
  const resource = {
    target: 'command',
    generation: 1,
    deploymentId: 'd'.repeat(24),
    artifactRoot: null,
    reach: { kind: 'elsewhere', url: LEFT, healthPath: '/', removable: true } as const,
    doomed: true,
    handle: HANDLE,
    cleanup: { ...cleanup, abandonedAt: new Date(2) },
  };
  const patch = { status: ENVIRONMENT_STATUS.destroyed, resources: [resource] };
  await ports.environments.change(environment, { patch, due: [] });
  return environment.id;
}

test('what a target holds and no environment names is listed, and what one names is not', async () => {
  const hosting = createMemoryStaticHosting();
  const app = await startApp();
  try {
    Object.assign(
      app.ports,
      createTargets({ hosting, records: createMemoryCommandRecords(), credentials: {} }),
    );
    expect(await leaksOf(app)).toEqual([]);
    const handle = { slug: 'pr-9-nobody', generation: 3, projectId: 'p', artifact: 'a'.repeat(64) };
    await hosting.publish(handle, { spa: false });
    expect(await leaksOf(app)).toEqual([
      {
        target: 'static',
        kind: 'unnamed',
        namespace: 'pr-9-nobody',
        generation: 3,
        url: null,
        since: null,
        handle,
      },
    ]);
  } finally {
    await app.close();
  }
});

test('what no run removed in time is listed until an operator says that it is gone', async () => {
  const app = await startApp();
  try {
    const id = await abandon(app);
    expect(await leaksOf(app)).toMatchObject([
      { target: 'command', kind: 'abandoned', namespace: PLACE.slug, url: LEFT, handle: HANDLE },
    ]);
    const answer = await app.api(`/api/v1/environments/${id}/destroy?force=true`, { method: 'POST' });
    expect(answer.status).toBe(202);
    expect(await leaksOf(app)).toEqual([]);
  } finally {
    await app.close();
  }
});
