import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sweep } from '../../src/reconcile/sweep.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { layer, type RegistryClient, registryClient } from '../support/push-image.js';
import { type Ground, registryGround } from '../support/registry-ground.js';
import { startApp, type TestApp } from '../support/start-app.js';

const HOUR_MS = 60 * 60_000;

let app: TestApp;
let late = 0;
let ground: Ground;
let run: RegistryClient;

beforeAll(async () => {
  app = await startApp({ clock: { now: () => new Date(Date.now() + late) } });
  ground = await registryGround(app.ports, { projectId: 'a'.repeat(24) });
  run = registryClient(app.url, ground.token);
});
afterAll(async () => {
  await app.close();
});

const isThere = async (digest: string) => (await app.ports.blobs.size(digest.slice(7))) !== null;

/** The run has ended, and the environment runs the image. */
async function endRun(image: string | null): Promise<void> {
  const deployment = await app.ports.deployments.get(ground.deploymentId);
  const environment = await app.ports.environments.get(ground.environmentId);
  if (!deployment || !environment) throw new Error('The ground is gone.');
  await app.ports.deployments.change(deployment, {
    status: DEPLOYMENT_STATUS.failed,
    completedAt: new Date(),
  });
  const resource = {
    ...{ target: 'static', generation: 1, deploymentId: deployment.id, artifactRoot: null, reach: null },
    ...{
      doomed: false,
      handle: {
        slug: environment.slug,
        generation: 1,
        image: image && `127.0.0.1:3000/${ground.namespace}@${image}`,
      },
    },
  };
  await app.ports.environments.change(environment, { patch: { resources: [resource] }, due: [] });
}

test('images live while a deployment names them, and open pushes for an hour', async () => {
  const [kept, shared, gone] = [layer('kept'), layer('shared'), layer('gone')];
  const running = await run.pushImage(ground.namespace, 'running', [kept, shared]);
  const older = await run.pushImage(ground.namespace, 'older', [gone, shared]);
  await run.ask(`${ground.namespace}/blobs/uploads/`, { method: 'POST' });
  const blobs = [kept, shared, gone, running, older].map(({ digest }) => digest);
  late = 2 * HOUR_MS;
  await sweep(app.ports);
  // The run has not ended: it may still name what it pushed.
  expect(await Promise.all(blobs.map(isThere))).toEqual([true, true, true, true, true]);
  await endRun(running.digest);
  await sweep(app.ports);
  expect(await Promise.all(blobs.map(isThere))).toEqual([true, true, false, true, false]);
  expect((await run.ask(`${ground.namespace}/manifests/running`)).status).toBe(404);
  const operator = registryClient(app.url, app.operatorToken);
  expect((await operator.ask(`${ground.namespace}/manifests/running`)).status).toBe(200);
  expect((await operator.ask(`${ground.namespace}/manifests/older`)).status).toBe(404);
  const sessions = join(app.dataDir, 'image-uploads', ground.environmentId);
  expect(await readdir(sessions)).toEqual([]);
});
