import { VitrineError } from '../../src/shared/errors.js';
import { MAX_VARIABLES } from '../../src/variables/names.js';
import { envNameOf, type InputName } from './names.js';
import { refuseRenamed } from './unknown.js';
import {
  address,
  cacheOf,
  flag,
  healthStatus,
  healthTimeout,
  imageName,
  logins,
  maybe,
  milliseconds,
  oneOf,
  portNumber,
  positive,
  relative,
  serverAddress,
  urlPath,
  variables,
  versionRange,
} from './values.js';

const ACTIONS = ['auto', 'deploy', 'destroy', 'resolve', 'none'] as const;

type Env = Readonly<Record<string, string | undefined>>;
export type Inputs = ReturnType<typeof parseInputs>;

/** Reads every input once. The error about a wrong input names the input and the expected form, and never contains a value that can be secret. */
export function parseInputs(env: Env) {
  refuseRenamed(env);
  const read = (name: InputName): [InputName, string] => [name, (env[envNameOf(name)] ?? '').trim()];
  const given = {
    env: variables(read('env')),
    buildEnv: variables(read('build-env')),
    secrets: variables(read('secrets')),
  };
  const images = {
    dockerfile: maybe(read('dockerfile'), relative),
    context: maybe(read('context'), relative),
    buildArgs: variables(read('build-args')),
    buildSecrets: variables(read('build-secrets')),
    cache: maybe(read('cache'), cacheOf),
    image: maybe(read('image'), imageName),
    registryAuth: logins(read('registry-auth')),
    composeFile: maybe(read('compose-file'), relative),
  };
  refuseTooMany(given);
  return {
    action: oneOf(read('action'), ACTIONS),
    githubToken: read('github-token')[1],
    serverUrl: maybe(read('server-url'), serverAddress),
    project: maybe(read('project'), ([, text]) => text),
    target: maybe(read('target'), ([, text]) => text),
    url: maybe(read('url'), address),
    workingDirectory: maybe(read('working-directory'), relative),
    installCommand: maybe(read('install-command'), ([, text]) => text),
    buildCommand: maybe(read('build-command'), ([, text]) => text),
    outputDir: maybe(read('output-dir'), relative),
    prebuilt: flag(read('prebuilt'), 'false'),
    startCommand: maybe(read('start-command'), ([, text]) => text),
    port: maybe(read('port'), portNumber),
    nodeVersion: maybe(read('node-version'), versionRange),
    ...images,
    deployCommand: maybe(read('deploy-command'), ([, text]) => text),
    destroyCommand: maybe(read('destroy-command'), ([, text]) => text),
    healthPath: maybe(read('health-path'), urlPath),
    healthTimeoutMs: maybe(read('health-timeout'), healthTimeout),
    healthStatus: maybe(read('health-status'), healthStatus),
    ...given,
    waitTimeoutMs: milliseconds(read('wait-timeout'), '300'),
    comment: flag(read('comment'), 'true'),
    failOnError: flag(read('fail-on-error'), 'true'),
    prNumber: maybe(read('pr-number'), positive),
  } as const;
}

function refuseTooMany(given: Readonly<Record<string, Readonly<Record<string, string>>>>): void {
  const { length } = Object.values(given).flatMap(Object.keys);
  if (length <= MAX_VARIABLES) return;
  throw new VitrineError(
    'bad_request',
    `The inputs "env", "build-env" and "secrets" hold ${String(length)} variables: at most ${String(MAX_VARIABLES)} are allowed.`,
  );
}
