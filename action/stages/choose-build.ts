import { chooseInstall, type Packages } from './choose-install.js';
import type { Choice } from './choice.js';

/** The script "build" of package.json, run by the package manager that installs. */
export function chooseBuild({ found, root }: Packages): Choice {
  if (found.scripts === null) return { command: '', why: 'there is no package.json' };
  if (found.scripts.build === null) return { command: '', why: 'package.json has no script "build"' };
  const [manager = 'npm'] = chooseInstall({ found, root }).command.split(' ');
  return { command: `${manager} run build`, why: 'package.json has a script "build"' };
}
