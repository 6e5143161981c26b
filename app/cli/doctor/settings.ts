import { resolve } from 'node:path';
import { capitalised } from '../../../src/shared/text.js';
import { withoutEmpty } from '../../config/config.js';
import { type Check, failed, good, warning } from './check.js';
import { keyFileOf, modeOf } from './read-settings.js';

export const settings: Check = {
  id: 'settings',
  title: 'Settings',
  async run({ problems, warnings, config, envFile }) {
    if (problems.length > 0)
      return failed(
        problems.join('\n'),
        `Correct this in the environment or in ${envFile}: docs/configuration.md explains every variable. The other checks use defaults for what is wrong.`,
      );
    if (warnings.length > 0)
      return warning(
        warnings.map((one) => `${capitalised(one)}.`).join('\n'),
        'Read docs/configuration.md, "Rules", and decide whether this is meant.',
      );
    const where = config.publicUrl ?? `http://localhost:${config.port}`;
    const mode = config.production ? 'production' : 'not for production';
    return good(`They can be read: ${where}, previews at *.${config.previewDomain}, ${mode}.`);
  },
};

const OTHERS = 0o077;

export const secretFiles: Check = {
  id: 'secret-files',
  title: 'Files with secrets',
  async run({ env, config, envFile }) {
    const keyPath = withoutEmpty(env)['PRIVATE_KEY_PATH'];
    const files = [envFile, ...(keyPath === undefined ? [] : [resolve(keyPath)]), keyFileOf(config)];
    const modes = await Promise.all(files.map(async (path) => ({ path, mode: await modeOf(path) })));
    const there = modes.filter(({ mode }) => mode !== null);
    // Elsewhere the bits say nothing.
    const open = process.platform === 'win32' ? [] : there.filter(({ mode }) => ((mode ?? 0) & OTHERS) !== 0);
    if (open.length > 0)
      return warning(
        `Other users of this machine can open ${open.map(({ path, mode }) => `${path} (mode ${(mode ?? 0).toString(8)})`).join(', ')}.`,
        `chmod 600 ${open.map(({ path }) => path).join(' ')}`,
      );
    if (there.length === 0) return good('There are none yet.');
    return good(`Only their owner can open ${there.map(({ path }) => path).join(', ')}.`);
  },
};
