import type { InputName } from './names.js';

/** What other preview Actions call the same thing. */
export const RENAMED: Readonly<Record<string, InputName>> = {
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
  timeout: 'wait-timeout',
  'pull-request': 'pr-number',
};
