import type { EmulatedGitHub } from '../../demo/github/emulated-github.js';
import type { GitHubOptions } from '../../demo/github/options.js';
import { startGitHub } from '../../demo/github/start-github.js';
import { appKey, oidcKey } from './run-keys.js';

/** GitHub gives up on a delivery after ten seconds; on a busy machine an answer may take longer. */
const PATIENCE_MS = 60_000;

/** What every emulated GitHub of a test has, unless the test says otherwise. */
export function githubOptions(options: GitHubOptions = {}): GitHubOptions {
  return {
    patienceMs: PATIENCE_MS,
    oidcKey: oidcKey(),
    ...options,
    app: { privateKey: appKey(), ...options.app },
  };
}

/** The emulated GitHub with the keys of this run. */
export const startTestGitHub = (options?: GitHubOptions): Promise<EmulatedGitHub> =>
  startGitHub(githubOptions(options));
