import type { EmulatedGitHub } from './github/emulated-github.js';
import { isWrite } from './github/gateway/recorder.js';

/** What each write was about; the first pattern that fits counts. */
const KINDS = [
  ['checkRuns', /\/check-runs/],
  ['comments', /\/comments/],
  ['deploymentStatuses', /\/deployments\/\d+\/statuses$/],
  ['deployments', /\/deployments$/],
  ['commitStatuses', /\/statuses\//],
  ['other', /./],
] as const;

export type WritesByKind = Readonly<Record<(typeof KINDS)[number][0], number>>;

/** How often GitHub was asked to change something, and what. */
export function countWrites({ requests }: Pick<EmulatedGitHub, 'requests'>): WritesByKind {
  const paths = requests().filter(isWrite);
  const kinds = paths.map(({ path }) => KINDS.find(([, pattern]) => pattern.test(path))?.[0]);
  return Object.fromEntries(
    KINDS.map(([name]) => [name, kinds.filter((kind) => kind === name).length]),
  ) as WritesByKind;
}
