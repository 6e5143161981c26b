/** Every input of `action.yml`, in its order. */
export const INPUT_NAMES = [
  'action',
  'server-url',
  'project',
  'target',
  'url',
  'github-token',
  'working-directory',
  'install-command',
  'build-command',
  'output-dir',
  'prebuilt',
  'start-command',
  'port',
  'node-version',
  'dockerfile',
  'context',
  'build-args',
  'build-secrets',
  'cache',
  'image',
  'registry-auth',
  'compose-file',
  'deploy-command',
  'destroy-command',
  'health-path',
  'health-timeout',
  'health-status',
  'env',
  'build-env',
  'secrets',
  'wait-timeout',
  'comment',
  'fail-on-error',
  'pr-number',
] as const;
export type InputName = (typeof INPUT_NAMES)[number];

/** The variable in which the runner passes an input: upper case, blanks become underscores, hyphens stay. */
export function envNameOf(input: string): string {
  return `INPUT_${input.replace(/ /g, '_').toUpperCase()}`;
}
