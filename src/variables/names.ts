/** Names that control the machine of the build instead of the program. Users may not set them. */
const REFUSED = new Set([
  ...['PATH', 'HOME', 'SHELL', 'IFS', 'BASH_ENV', 'PS4', 'PROMPT_COMMAND', 'CDPATH'],
  ...['SHELLOPTS', 'BASHOPTS', 'GLIBC_TUNABLES', 'GCONV_PATH'],
  ...['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'NODE_TLS_REJECT_UNAUTHORIZED', 'NODE_PATH'],
  ...[
    'DOCKER_HOST',
    'DOCKER_CONFIG',
    'DOCKER_CERT_PATH',
    'DOCKER_TLS_VERIFY',
    'DOCKER_CONTEXT',
    'KUBECONFIG',
  ],
  ...[
    'PYTHONPATH',
    'PYTHONSTARTUP',
    'PYTHONHOME',
    'PERL5OPT',
    'PERL5LIB',
    'RUBYOPT',
    'RUBYLIB',
    'JAVA_TOOL_OPTIONS',
    'JDK_JAVA_OPTIONS',
    '_JAVA_OPTIONS',
  ],
  ...['GIT_SSH', 'GIT_SSH_COMMAND', 'GIT_EXEC_PATH', 'GIT_ASKPASS', 'GIT_EXTERNAL_DIFF', 'GIT_PROXY_COMMAND'],
  ...[
    'GIT_TEMPLATE_DIR',
    'GIT_DIR',
    'GH_TOKEN',
    'SSL_CERT_FILE',
    'SSL_CERT_DIR',
    'SSH_AUTH_SOCK',
    'SSH_ASKPASS',
  ],
]);

const REFUSED_PREFIX = /^(?:LD_|DYLD_|GITHUB_|ACTIONS_|RUNNER_|INPUT_|GIT_CONFIG|BASH_FUNC_|NPM_CONFIG_)/;

export const MAX_VARIABLES = 200;

const MAX_VALUE_BYTES = 64 * 1024;

/** Why a variable may not have this name, or undefined. Case is ignored, because some systems ignore it. */
export function variableNameProblem(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name) || name === '__proto__')
    return 'is not a name for a variable; use letters, digits and "_", not beginning with a digit';
  const upper = name.toUpperCase();
  if (BUILT_IN_NAMES.includes(upper)) return 'is set by every preview itself; choose another name';
  if (REFUSED.has(upper) || REFUSED_PREFIX.test(upper))
    return 'steers the machine rather than your program and is refused; choose another name';
  return undefined;
}

export function variableValueProblem(value: string): string | undefined {
  if (value.includes('\0')) return 'holds a NUL character; remove it';
  if (Buffer.byteLength(value) > MAX_VALUE_BYTES) return 'is larger than 64 KiB; put it into a file';
  return undefined;
}

export interface BuiltInFacts {
  readonly url: string;
  readonly environment: string;
  readonly project: string;
  readonly sha: string;
  readonly branch: string;
  readonly pullRequest?: { readonly number: number; readonly baseBranch: string } | undefined;
}

/** The variables that every build and every preview receives. */
export function builtInVariables(facts: BuiltInFacts): Record<string, string> {
  const { pullRequest } = facts;
  return {
    PREVIEW: 'true',
    PREVIEW_URL: facts.url,
    PREVIEW_PR_NUMBER: pullRequest ? String(pullRequest.number) : '',
    PREVIEW_BRANCH: facts.branch,
    PREVIEW_BASE_BRANCH: pullRequest?.baseBranch ?? '',
    PREVIEW_COMMIT_SHA: facts.sha,
    PREVIEW_ENVIRONMENT: facts.environment,
    PREVIEW_PROJECT: facts.project,
  };
}

const NOTHING: BuiltInFacts = { url: '', environment: '', project: '', sha: '', branch: '' };

/** What a deploy command and a destroy command get besides. */
export const COMMAND_VARIABLES = {
  slug: 'PREVIEW_SLUG',
  urlFile: 'PREVIEW_URL_FILE',
  handleFile: 'PREVIEW_HANDLE_FILE',
} as const;

const BUILT_IN_NAMES: readonly string[] = [
  ...Object.keys(builtInVariables(NOTHING)),
  ...Object.values(COMMAND_VARIABLES),
];
