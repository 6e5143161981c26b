// Fails when dist/ is not what was committed; new files count, which `git diff` does not see.
import { spawnSync } from 'node:child_process';

const { status, stdout } = spawnSync('git', ['status', '--porcelain', '--', 'dist'], {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.stdout.write(stdout);
process.exit(status === 0 && stdout === '' ? 0 : 1);
