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
import { dockerParts } from '../support/docker-parts.js';
import { SUPERVISOR } from '../support/programs.js';
import { TARGETS } from '../support/targets.js';

const hosting = createMemoryStaticHosting();

/** As one whose host wants a token. */
const paid = {
  ...createStaticTarget({ hosting }),
  name: 'paid',
  credentials: z.object({ token: z.string().min(1) }),
} as unknown as ServerTarget<unknown, unknown>;

const records = createMemoryCommandRecords();

const runner = createProcessRunner({ dataDir: '/nowhere', supervisor: SUPERVISOR });
const builds = { open: async () => null };
const node = { builds, runner, baseImage: 'node:{version}-slim', urlOf: (slug: string) => slug };
const missing = 'there is no container engine on it: install Docker, or set DOCKER_HOST';

test('the list of the tests has every target of the server, and files are the default', () => {
  const registry = createTargets({ ...{ hosting, records, node, credentials: {} }, docker: dockerParts() });
  expect(TARGETS.map(({ name }) => name)).toEqual([...registry.targets.keys()]);
  expect(registry.defaultTarget).toBe(TARGETS[0].name);
});

test('without an engine, the target that needs one is off, and says what to do', () => {
  const registry = createTargets({
    ...{ hosting, records, credentials: {} },
    docker: { missing },
  });
  expect([...registry.targets.keys()]).not.toContain('docker');
  const problem = startProblem(registry, { environment: environmentWith(), asked: 'docker' });
  expect(problem).toMatch(/target "docker" is off on this server: .*set DOCKER_HOST.*Ask the operator/);
});

test('Node servers run as processes where the operator says so, otherwise in containers', () => {
  const given = { hosting, records, credentials: {} };
  const optionsOf = (parts: Pick<Parameters<typeof createTargets>[0], 'docker' | 'node'>) =>
    createTargets({ ...given, ...parts })
      .targets.get('node')
      ?.options.safeParse({ writable: true }).success;
  expect(optionsOf({ docker: dockerParts(), node })).toBe(false);
  expect(optionsOf({ docker: { missing }, node })).toBe(false);
  expect(optionsOf({ docker: dockerParts(), node: { ...node, runner: null } })).toBe(true);
  const off = createTargets({ ...given, docker: { missing }, node: { ...node, runner: null } });
  expect(off.targets.has('node')).toBe(false);
  expect(off.targetsOff.get('node')).toMatch(/set DOCKER_HOST\. .*in containers; .*NODE_RUNNER=process/);
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
