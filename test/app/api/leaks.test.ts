import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { LeakView } from '../../../src/contract/targets.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { createDockerEngine } from '../../../app/engine/docker-engine.js';
import { runFor } from '../../../src/deployments/publish.js';
import { createTargets } from '../../../src/targets/registry.js';
import { newEnvironment, release } from '../../support/builders.js';
import { dockerParts } from '../../support/docker-parts.js';
import { startFakeEngine } from '../../support/fake-engine.js';
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

test('the targets are listed with what runs their programs, and why one is off', async () => {
  const app = await startApp({ config: { nodeRunner: 'process' } });
  try {
    const { items } = (await (await app.api('/api/v1/targets')).json()) as { items: { name: string }[] };
    const named = (name: string) => items.find((one) => one.name === name);
    expect(named('static')).toEqual({ name: 'static', on: true, reason: null, takes: 'files', runner: null });
    expect(named('node')).toMatchObject({ on: true, takes: 'files', runner: 'process' });
    const reason: unknown = expect.stringMatching(/DOCKER_HOST=off/);
    expect(named('docker')).toEqual({ name: 'docker', on: false, reason, takes: null, runner: null });
  } finally {
    await app.close();
  }
});

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

test('of two containers of one generation, the one whose deployment is not named is a leak', async () => {
  await using fake = await startFakeEngine();
  fake.addImage('vitrine-test:hello', { Cmd: ['serve', 'hello'] });
  const app = await startApp();
  try {
    const docker = dockerParts({ engine: createDockerEngine(fake.address) });
    const parts = { hosting: createMemoryStaticHosting(), records: createMemoryCommandRecords() };
    const { targets, targetsOff } = createTargets({ ...parts, docker, credentials: {} });
    Object.assign(app.ports, { targets, targetsOff });
    const target = targets.get('docker');
    if (target?.runsIn !== 'server') throw new Error('The target should run in the server.');
    const image = { kind: 'external', reference: 'vitrine-test:hello', auth: null } as const;
    const run = runFor(app.ports, { target, configuration: null, about: 'test' });
    const deploy = (deploymentId: string) =>
      target.deploy(release({ ...PLACE, deploymentId, image }), {}, run);
    const [named, left] = [await deploy('d'.repeat(24)), await deploy('e'.repeat(24))];
    const environment = await app.ports.environments.ensure(newEnvironment());
    const resource = {
      ...{ target: 'docker', generation: 1, deploymentId: 'd'.repeat(24), artifactRoot: null },
      ...{ reach: named.reach, doomed: false, handle: named.handle },
    };
    await app.ports.environments.change(environment, { patch: { resources: [resource] }, due: [] });
    expect(await leaksOf(app)).toMatchObject([{ target: 'docker', kind: 'unnamed', handle: left.handle }]);
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
