import { ProbotOctokit } from 'probot';
import type { EmulatedGitHub } from '../../../demo/github/emulated-github.js';

/** Octokit without its own retries: what the emulator does has to be seen. */
export function octokitOf(github: EmulatedGitHub, token: string) {
  return new ProbotOctokit({
    baseUrl: github.url,
    auth: { token },
    retry: { enabled: false },
    throttle: { enabled: false },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  });
}

export async function appOctokit(github: EmulatedGitHub) {
  return octokitOf(github, await github.installationToken('acme/hello'));
}

export const HELLO = { owner: 'acme', repo: 'hello' } as const;
