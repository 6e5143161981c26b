import { expect, test } from '@jest/globals';
import { z } from 'zod';
import { createProcessRunner } from '../../app/runners/process/process-runner.js';
import { startProblem } from '../../src/deployments/publish.js';
import { createTargets, sortOn } from '../../src/targets/registry.js';
import { createStaticTarget } from '../../src/targets/static/static.js';
import type { ServerTarget } from '../../src/targets/target.js';
import { environmentWith } from '../app/github/report/scenes.js';
import { createMemoryCommandRecords } from '../support/memory-command-records.js';
import { createMemoryStaticHosting } from '../support/memory-static-hosting.js';
import { SUPERVISOR } from '../support/programs.js';
import { TARGETS } from '../support/targets.js';

const hosting = createMemoryStaticHosting();

/** As one whose host wants a token. */
const paid = {
  ...createStaticTarget({ hosting }),
  name: 'paid',
  credentials: z.object({ token: z.string().min(1) }),
} as unknown as ServerTarget<unknown, unknown>;

test('the list of the tests has every target of the server, and files are the default', () => {
  const programs = {
    runner: createProcessRunner({ dataDir: '/nowhere', supervisor: SUPERVISOR }),
    builds: { open: async () => null },
    urlOf: (slug: string) => slug,
  };
  const records = createMemoryCommandRecords();
  const registry = createTargets({ hosting, records, programs, credentials: {} });
  expect(TARGETS.map(({ name }) => name)).toEqual([...registry.targets.keys()]);
  expect(registry.defaultTarget).toBe(TARGETS[0].name);
});

test('without a runner of programs their target is off, and the reason says how it is turned on', () => {
  const registry = createTargets({ hosting, records: createMemoryCommandRecords(), credentials: {} });
  expect(registry.targets.has('node')).toBe(false);
  expect(registry.targetsOff.get('node')).toMatch(/NODE_RUNNER=process/);
});

test('a target without its credentials is off, and a deployment to it says why without a value', () => {
  for (const credentials of [{}, { paid: { token: '' } }, { paid: { tok: 'canary' } }]) {
    const registry = { ...sortOn([paid], credentials), defaultTarget: 'paid' };
    expect([...registry.targets.keys()]).toEqual([]);
    const problem = startProblem(registry, { environment: environmentWith(), asked: undefined });
    expect(problem).toMatch(/target "paid" is off on this server.*Ask the operator/);
    expect(problem).not.toContain('canary');
  }
});

test('a target with its credentials is on, and gets them', () => {
  const { targets, targetsOff, targetCredentials } = sortOn([paid], { paid: { token: 't' } });
  expect([...targets.keys(), ...targetsOff.keys()]).toEqual(['paid']);
  expect(targetCredentials.get('paid')).toEqual({ token: 't' });
});
