import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { awaitPort } from '../harness/await-port.js';
import { freePort } from '../harness/free-port.js';
import { runTimed } from '../harness/run-timed.js';
import type { StartDeployer } from './deployer.js';

const ENV = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'bench',
  GIT_AUTHOR_EMAIL: 'bench@localhost',
  GIT_COMMITTER_NAME: 'bench',
  GIT_COMMITTER_EMAIL: 'bench@localhost',
};
const BRANCH = 'gh-pages';

/** A push to a gh-pages branch from a runner that has nothing: clone, commit, push. The clone skips history and work tree. */
export const git: StartDeployer = async ({ setting, proxy }) => {
  const { children, find, scratch } = setting;
  const command = find('git') ?? 'git';
  const folder = await scratch.memory('git');
  const bare = join(folder, 'served', 'site.git');
  await mkdir(dirname(bare), { recursive: true });
  const run = (wanted: { readonly args: readonly string[]; readonly cwd: string }) =>
    runTimed(children, { ...wanted, command, env: ENV, core: 'beside' });
  await run({ args: ['init', '--quiet', '--bare', `--initial-branch=${BRANCH}`, bare], cwd: folder });
  const port = await freePort();
  const daemon = children.program(find('git-daemon') ?? 'git-daemon', {
    args: [
      '--reuseaddr',
      '--export-all',
      '--enable=receive-pack',
      '--listen=127.0.0.1',
      `--port=${port}`,
      `--base-path=${dirname(bare)}`,
    ],
    env: { ...ENV, GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'safe.directory', GIT_CONFIG_VALUE_0: '*' },
    core: 'measured',
  });
  await awaitPort(port, daemon);
  await proxy.target(port);
  return {
    async deploy(directory) {
      const clone = join(folder, 'clone');
      const inside = [`--git-dir=${join(clone, '.git')}`, `--work-tree=${directory}`];
      const from = `git://127.0.0.1:${proxy.port}/site.git`;
      const steps = [
        ['clone', '--quiet', '--depth=1', '--no-checkout', from, clone],
        [...inside, 'add', '--all', '.'],
        [...inside, 'commit', '--quiet', '--message=deploy'],
        [...inside, 'push', '--quiet', 'origin', `HEAD:${BRANCH}`],
      ];
      let seconds = 0;
      for (const args of steps) seconds += await run({ args, cwd: directory });
      await rm(clone, { recursive: true });
      return seconds;
    },
    stop: daemon.stop,
  };
};
