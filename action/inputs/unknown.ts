import { VitrineError } from '../../src/shared/errors.js';
import { envNameOf, INPUT_NAMES, type InputName } from './names.js';

type Env = Readonly<Record<string, string | undefined>>;

/** Inputs that do not exist. They do not fail the run, because a variable of the workflow can be called INPUT_VERSION too. */
export function unknownInputs(env: Env): string[] {
  const known = new Set(INPUT_NAMES.map(envNameOf));
  const given = Object.keys(env).filter((key) => key.startsWith('INPUT_') && !known.has(key));
  return given.map((key) => key.slice('INPUT_'.length).toLowerCase());
}

/** Refuses input names of other preview Actions: the user meant the input of this Action, which would stay unset. */
export function refuseRenamed(env: Env): void {
  for (const name of unknownInputs(env)) {
    const renamed = new Map(Object.entries(RENAMED)).get(name);
    if (renamed === undefined) continue;
    throw new VitrineError('bad_request', `There is no input "${name}": it is called "${renamed}".`);
  }
}

export function unknownMessage(name: string): string {
  return `There is no input "${name}". The inputs are: ${INPUT_NAMES.join(', ')}.`;
}

/** Names in other preview Actions, and the name here. */
const RENAMED: Readonly<Record<string, InputName>> = {
  mode: 'action',
  server: 'server-url',
  'deployment-url': 'url',
  'preview-url': 'url',
  token: 'github-token',
  github_token: 'github-token',
  'repo-token': 'github-token',
  directory: 'output-dir',
  dir: 'output-dir',
  'dist-dir': 'output-dir',
  'publish-dir': 'output-dir',
  'source-dir': 'output-dir',
  install: 'install-command',
  build: 'build-command',
  'health-check-path': 'health-path',
  'health-check-timeout': 'health-timeout',
  'health-check-status': 'health-status',
  timeout: 'wait-timeout',
  'pull-request': 'pr-number',
};
