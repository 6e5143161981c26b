import { afterAll, expect, test } from '@jest/globals';
import { DEPLOYMENT_STATUS, STAGE_STATUS } from '../../../src/shared/status/words.js';
import { startFakeVitrine } from '../support/fake-vitrine.js';
import { forgetSharedFiles, identityEnv, runSource } from '../support/run-action.js';
import { makeWorkspace, PAGE } from '../support/workspace.js';

afterAll(forgetSharedFiles);

const FILES = { 'package.json': '{"scripts":{"start":"node server.js"}}', 'server.js': '', '.hidden': 'x' };

test('a program of files is built, uploaded with hidden files, started and visited', async () => {
  const plan = { target: 'node', takes: 'files', starts: true, start: null, port: null };
  await using server = await startFakeVitrine({ plan });
  await using workspace = await makeWorkspace(FILES);
  const inputs = { 'install-command': 'true', port: '4000', 'node-version': '22' };
  const ran = await runSource({
    workspace,
    inputs: { 'server-url': server.url, ...inputs },
    env: identityEnv(server.url),
  });
  expect(ran.outputs).toMatchObject({ status: DEPLOYMENT_STATUS.success, reason: '' });
  expect(server.calls('pack')).toHaveLength(1);
  expect(server.bodies('program')).toEqual([
    {
      port: 4_000,
      nodeVersion: '22',
      builtOn: expect.objectContaining({ platform: process.platform }),
      seen: 0,
    },
  ]);
  const { stages } = server.bodies('progress').at(-1) as { stages: { name: string; status: string }[] };
  expect(stages.map(({ name, status }) => [name, status])).toEqual([
    ['installing', STAGE_STATUS.completed],
    ['building', STAGE_STATUS.skipped],
    ['copying', STAGE_STATUS.completed],
    ['deploying', STAGE_STATUS.completed],
    ['verifying', STAGE_STATUS.completed],
  ]);
});

test.each([
  ['start-command', 'node x.js'],
  ['port', '3000'],
  ['node-version', '22'],
  ['dockerfile', 'Dockerfile'],
  ['build-secrets', 'A=secret-value'],
  ['registry-auth', 'user:secret-value'],
])('the input "%s" is refused for a page, and nothing runs', async (name, value) => {
  await using server = await startFakeVitrine();
  await using workspace = await makeWorkspace(PAGE);
  const inputs = { 'server-url': server.url, [name]: value };
  const ran = await runSource({ workspace, inputs, env: identityEnv(server.url) });
  expect(ran.outputs['reason']).toContain(`deploys this project to "static": remove the input "${name}"`);
  expect(server.calls('plan')).toEqual([]);
});
