import { expect, test } from '@jest/globals';
import type { Ports } from '../../app/ports.js';
import type { StoredDeployment } from '../../src/deployments/store.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import { reconcileStuck, SILENT_MS } from '../../src/reconcile/stuck.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { deploymentWith, environmentWith } from '../app/github/report/scenes.js';

const MINUTE = 60_000;
const NOW = Date.parse('2026-03-01T12:00:00Z');
/** Too long for GitHub to be asked again, not long enough to be given up. */
const PATIENT = new Date(NOW - SILENT_MS - 15 * MINUTE);

function waiting(id: string, updatedAt: Date): StoredDeployment {
  return {
    ...deploymentWith(DEPLOYMENT_STATUS.queued, { id, environmentId: id, run: null, updatedAt }),
    version: 1,
  };
}

function headOf(id: string): StoredEnvironment {
  const { head, ...environment } = environmentWith({ id });
  return { ...environment, head: head && { ...head, deploymentId: id }, version: 1 };
}

test('many that are left to wait, some of one moment, do not hide those behind them', async () => {
  const patient = Array.from({ length: 450 }, (_, index) =>
    waiting(`patient-${index}`, new Date(PATIENT.getTime() + Math.floor(index / 150))),
  );
  const lost = waiting('lost', new Date(PATIENT.getTime() + MINUTE));
  const all = [...patient, lost];
  const ended: string[] = [];
  const deployments: Partial<Ports['deployments']> = {
    silentSince: async (_before, limit, from = new Date(0)) =>
      all.filter(({ id, updatedAt }) => !ended.includes(id) && updatedAt >= from).slice(0, limit),
    get: async (id) => all.find((one) => one.id === id) ?? null,
    change: async (seen) => {
      ended.push(seen.id);
      return seen;
    },
  };
  const environments: Partial<Ports['environments']> = {
    get: async (id) => (id === lost.id ? null : headOf(id)),
  };
  const ports = { deployments, environments, clock: { now: () => new Date(NOW) }, log: () => undefined };
  expect(await reconcileStuck(ports as unknown as Ports)).toBe(1);
  expect(ended).toEqual(['lost']);
});
