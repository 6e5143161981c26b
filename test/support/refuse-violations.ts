import type { EmulatedGitHub } from '../../demo/github/emulated-github.js';

/** Whatever a test looks at: no request of ours may be one that GitHub's description forbids. */
export function refuseViolations({ violations }: Pick<EmulatedGitHub, 'violations'>): void {
  const requests = violations.filter(({ side }) => side === 'request');
  if (requests.length === 0) return;
  const told = requests.map(({ operation, errors }) => `${operation}: ${errors.join('; ')}`);
  throw new Error(`GitHub's description forbids what was asked of it:\n${[...new Set(told)].join('\n')}`);
}
