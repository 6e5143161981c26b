// Installs Lighthouse for the proof of the pages (test/app/pages/lighthouse), unless it is there. `npm run prove` calls it first.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(fileURLToPath(import.meta.url)), '../test/app/pages/lighthouse');

if (!existsSync(join(folder, 'node_modules/lighthouse'))) {
  const options = { cwd: folder, stdio: 'inherit' };
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--silent'], options);
  if (status !== 0) console.error('Lighthouse could not be installed: the proof that needs it is skipped.');
}
