import type { Environment } from '../environments/model.js';

/** What the settings say for a target; options that were written for another one are not its. */
export function targetOptions({ settings }: Pick<Environment, 'settings'>, name: string): unknown {
  return settings?.target?.name === name ? settings.target.options : {};
}
