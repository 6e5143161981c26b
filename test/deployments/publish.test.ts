import { expect, test } from '@jest/globals';
import { publish, targetProblem } from '../../src/deployments/publish.js';
import type { Environment } from '../../src/environments/model.js';
import { setSecrets, setVariables } from '../../src/secrets/write.js';
import { defaultSettings } from '../../src/settings/settings.js';
import type { Run } from '../../src/targets/target.js';
import { createTargets } from '../../src/targets/registry.js';
import { newEnvironment } from '../support/builders.js';
import { dockerParts } from '../support/docker-parts.js';
import { createFakeCompose } from '../support/fake-compose.js';
import { createMemoryCommandRecords } from '../support/memory-command-records.js';
import { createMemoryStaticHosting } from '../support/memory-static-hosting.js';
import { lookAt } from '../support/look-at.js';
import { begin } from '../support/run-by-hand.js';
import { REPOSITORY, startWorld } from '../support/start-world.js';

const HANDED = { root: 'a root', image: null, compose: null };

const settingsWith = (target: { name: string; options: object }) =>
  ({ ...defaultSettings(), target }) as Environment['settings'];

test.each([
  [
    'options that the target does not take',
    { name: 'static', options: { spa: 'perhaps' } },
    /options of the target "static" are not valid \(spa\)/,
  ],
  // What is asked for by the run has no options of another target.
  ['options of another target', { name: 'balloon', options: { spa: 'perhaps' } }, /upload the build first/],
])('settings that change while a build is on its way: %s', async (_what, target, reason) => {
  await using world = await startWorld();
  const { number, head } = (await world.github.openPullRequest({ repository: REPOSITORY, head: 'options' }))
    .pullRequest;
  await world.drain();
  const { deployment } = await begin(world, { number, sha: head.sha });
  const { environment } = await lookAt(world, number);
  await world.app.ports.environments.change(environment, {
    patch: { settings: settingsWith(target) },
    due: [],
  });
  const upload = { ...HANDED, deployment, commitUrl: 'http://commit.localhost' };
  await expect(publish(world.app.ports, upload)).rejects.toMatchObject({
    code: 'unprocessable',
    message: expect.stringMatching(reason),
  });
});

test('a target of the server gets the variables and the secrets of the preview, decrypted', async () => {
  await using world = await startWorld();
  const { number, head } = (await world.github.openPullRequest({ repository: REPOSITORY, head: 'given' }))
    .pullRequest;
  await world.drain();
  const { ports } = world.app;
  const { environment } = await lookAt(world, number);
  const scope = { layer: 'project', projectId: environment.projectId } as const;
  await setVariables(ports, { scope, values: { API_URL: 'https://api.test' }, actor: 'test' });
  await setSecrets(ports, { scope, values: { TOKEN: 'of the target' }, actor: 'test' });
  const { deployment } = await begin(world, { number, sha: head.sha });
  const runs: Run[] = [];
  const known = ports.targets.get('static');
  if (known?.runsIn !== 'server') throw new Error('The target should run in the server.');
  const deploy: typeof known.deploy = async (_release, _options, run) => {
    runs.push(run);
    return { url: environment.url, reach: { kind: 'files', root: 'r' }, handle: {} };
  };
  const targets = new Map([...ports.targets, ['static', { ...known, deploy }]]);
  await publish({ ...ports, targets }, { ...HANDED, deployment, commitUrl: 'http://commit.localhost' });
  expect(runs).toMatchObject([
    {
      variables: { API_URL: 'https://api.test', PREVIEW_URL: environment.url },
      secrets: { TOKEN: 'of the target' },
    },
  ]);
});

test.each([
  ['static', /^The target "static" runs no hooks, .*Remove "hooks", or choose a target whose program/],
  ['command', /^The target "command" runs no hooks/],
  ['compose', /^The target "compose" runs no hooks, .*condition: service_completed_successfully/],
])('hooks are refused before the build where they cannot run: %s', (name, reason) => {
  const hosting = createMemoryStaticHosting();
  const records = createMemoryCommandRecords();
  const compose = createFakeCompose({ engine: dockerParts().engine, addVolume: () => undefined });
  const on = createTargets({ hosting, records, docker: dockerParts(), compose, credentials: {} });
  const problemOf = (deployed: string | null) => {
    const settings = defaultSettings();
    const build = { ...settings.build, hooks: { ...settings.build.hooks, deployed } };
    const asked = { ...newEnvironment(), settings: { ...settings, build } } as Environment;
    return targetProblem(on, { environment: asked, asked: name });
  };
  expect(problemOf(null)).toBeNull();
  expect(problemOf('npm run migrate')).toMatch(reason);
});
