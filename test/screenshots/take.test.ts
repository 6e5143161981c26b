import { expect, test } from '@jest/globals';
import { createPhotographer } from '../../app/screenshots/photographer.js';
import type { EnvironmentPatch, StoredEnvironment } from '../../src/environments/store.js';
import { sweepScreenshots } from '../../src/screenshots/remove.js';
import { takeScreenshot } from '../../src/screenshots/take.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { newEnvironment } from '../support/builders.js';
import { startApp, type TestApp } from '../support/start-app.js';

const AT = new Date('2026-11-28T12:00:00Z');

const live = (deploymentId: string): EnvironmentPatch => ({
  status: ENVIRONMENT_STATUS.ready,
  current: {
    ...{ deploymentId, sha: 'a'.repeat(40), url: 'http://pr-1-site.localhost' },
    ...{ reach: { kind: 'files', root: 'r' }, at: AT },
  },
});

/** A server that has no Chromium: so the reason is what is kept of each preview. */
async function startStage() {
  const app = await startApp();
  let environment = await app.ports.environments.ensure(newEnvironment());
  const change = async (patch: EnvironmentPatch): Promise<StoredEnvironment> => {
    const changed = await app.ports.environments.change(environment, { patch, due: ['screenshot'] });
    if (!changed) throw new Error('Another writer was first.');
    return (environment = changed);
  };
  await change(live('d1'));
  return { app, change, [Symbol.asyncDispose]: () => app.close() };
}

interface Taking {
  readonly attempts?: number;
  readonly held?: boolean;
  /** What happens while it is photographed. */
  readonly meanwhile?: () => Promise<unknown>;
}

async function take({ ports }: TestApp, { attempts = 0, held = true, meanwhile }: Taking = {}) {
  const claim = await ports.environments.claim('screenshot', { owner: 'test', leaseMs: 60_000 });
  if (!claim) throw new Error('Nothing is due.');
  const { environment } = claim;
  const screenshot = { ...environment.due.screenshot, attempts };
  const photographer = createPhotographer({
    ...{ chromium: '/nowhere/chromium', path: '', sandbox: true, dir: '/nowhere' },
    allowPrivateAddresses: [],
  });
  const comparePictures = () => Promise.reject(new Error('There is nothing to compare.'));
  const outcome = await takeScreenshot(
    { ...ports, photographer, comparePictures, admit: async () => null },
    {
      ...claim,
      environment: { ...environment, due: { ...environment.due, screenshot } },
      held: async () => {
        await meanwhile?.();
        return held;
      },
    },
  );
  await ports.environments.release(claim, {});
  return outcome;
}

const reasonsOf = async ({ ports }: TestApp) => {
  const environment = await ports.environments.bySlug('pr-1-site');
  return (await ports.screenshots.listOf(environment?.id ?? '', { limit: 30 })).items.map(
    ({ reason }) => reason,
  );
};

test('each deployment is photographed once, and only the newest are kept', async () => {
  await using stage = await startStage();
  const { app, change } = stage;
  expect(await take(app)).toEqual({});
  await change({});
  expect(await take(app)).toEqual({});
  expect(await reasonsOf(app)).toEqual(['This server has no Chromium.']);
  for (let number = 2; number <= 22; number += 1) {
    await change(live(`d${String(number)}`));
    await take(app);
  }
  expect(await reasonsOf(app)).toHaveLength(20);
  expect(await app.ports.screenshots.ofDeployment('d2')).toBeNull();
  expect(await app.ports.screenshots.ofDeployment('d3')).not.toBeNull();
});

test('a worker that lost its claim, a newer deployment and the end of the preview leave nothing behind', async () => {
  await using stage = await startStage();
  const { app, change } = stage;
  expect(await take(app, { held: false })).toEqual({});
  await change({});
  expect(await take(app, { meanwhile: () => change(live('d2')) })).toEqual({});
  const ends = () => change({ status: ENVIRONMENT_STATUS.destroying });
  expect(await take(app, { meanwhile: ends })).toEqual({});
  expect(await reasonsOf(app)).toEqual([]);
});

test('one that sleeps or does not answer is tried again a few times, and then has a reason', async () => {
  await using stage = await startStage();
  const { app, change } = stage;
  const asleep = { since: AT, stoppedAt: AT, failedAt: null };
  await change({ asleep });
  expect(await take(app)).toEqual({ retryInMs: 15_000, error: expect.stringContaining('it sleeps') });
  expect(await reasonsOf(app)).toEqual([]);
  await change({ asleep });
  expect(await take(app, { attempts: 3 })).toEqual({});
  const health = { state: 'unhealthy', detail: null, since: AT } as const;
  await change({ ...live('d2'), asleep: null, health });
  expect(await take(app)).toMatchObject({ retryInMs: 15_000 });
  await change({});
  expect(await take(app, { attempts: 3 })).toEqual({});
  expect(await reasonsOf(app)).toEqual([
    'No picture was taken: it does not answer as it should.',
    'No picture was taken: it sleeps, and a picture does not wake it.',
  ]);
});

test('what a server left behind that ended in the middle goes with the sweep', async () => {
  await using stage = await startStage();
  const { app, change } = stage;
  await take(app);
  await change({ status: ENVIRONMENT_STATUS.destroyed, current: null });
  expect(await sweepScreenshots(app.ports)).toBe(1);
  expect(await reasonsOf(app)).toEqual([]);
});
