import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { startFakeVitrine } from '../support/fake-vitrine.js';
import { identityEnv, runAction, SOURCE } from '../support/run-action.js';
import { makeWorkspace, PAGE, type Workspace } from '../support/workspace.js';

/** What a runner's file can be instead of a file that can be written. */
const UNUSABLE = [
  ['a folder', ({ root }: Workspace) => root],
  ['not there', ({ root }: Workspace) => join(root, 'gone', 'file')],
] as const;

const FILES = [
  ['GITHUB_OUTPUT', 'The outputs could not be written', 'Later steps may find them empty.'],
  ['GITHUB_STEP_SUMMARY', 'The job summary could not be written', 'The log has the same.'],
] as const;

describe.each(FILES)('%s', (name, title, loss) => {
  test.each(UNUSABLE)('that is %s leaves a live preview a success, with a warning', async (_what, pathIn) => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace(PAGE);
    const inputs = { 'server-url': server.url };
    const env = { ...identityEnv(server.url), [name]: pathIn(workspace) };
    const ran = await runAction({ program: SOURCE, workspace, inputs, env });
    expect([ran.code, ran.stderr]).toEqual([0, '']);
    const warnings = ran.stdout.split('\n').filter((line) => line.startsWith('::warning'));
    expect(warnings).toEqual([
      expect.stringMatching(
        `^::warning title=${title}::.*\\. ${loss} The preview itself is not affected\\.$`,
      ),
    ]);
    // The other file has what it should.
    expect(name === 'GITHUB_OUTPUT' ? ran.summary : ran.outputs['live']).toMatch(/^### Preview|^true$/);
    expect(ran.stdout).toMatch(/^Preview: http:.* \(success\)$/m);
  });

  test.each(UNUSABLE)(
    'that is %s leaves a failed build a failure, with its reason',
    async (_what, pathIn) => {
      await using server = await startFakeVitrine();
      await using workspace = await makeWorkspace(PAGE);
      const inputs = { 'server-url': server.url, 'build-command': 'exit 4' };
      const env = { ...identityEnv(server.url), [name]: pathIn(workspace) };
      const ran = await runAction({ program: SOURCE, workspace, inputs, env });
      expect([ran.code, ran.stderr]).toEqual([1, '']);
      expect(ran.stdout).toMatch(/^::error .*"exit 4" ended with exit code 4\.$/m);
    },
  );
});
