import type { Situation, Story } from '../../../src/deployments/situation.js';

/** The one sentence for all projects of a pull request: the worst news first. */
const RANK: readonly Story[] = [
  'broken',
  'held',
  'building',
  'renewing',
  'waiting',
  'stopped',
  'overtaken',
  'live',
  'leaving',
  'declined',
  'over',
  'unseen',
];

const ONE: Readonly<Record<Story, string>> = {
  broken: 'The preview of this commit failed',
  held: 'The preview waits for approval',
  building: 'The preview is being built',
  renewing: 'The preview is being updated',
  waiting: 'The preview waits for its build to start',
  stopped: 'The build of this preview was cancelled',
  overtaken: 'A newer commit is on its way',
  live: 'The preview is ready',
  leaving: 'The preview is being removed',
  declined: 'This commit gets no preview',
  over: 'The preview was destroyed',
  unseen: 'There was no preview',
};

const MANY: Readonly<Record<Story, string>> = {
  broken: 'could not be previewed',
  held: 'wait for approval',
  building: 'are being built',
  renewing: 'are being updated',
  waiting: 'wait for their build to start',
  stopped: 'were cancelled',
  overtaken: 'wait for a newer commit',
  live: 'are ready',
  leaving: 'are being removed',
  declined: 'get no preview',
  over: 'were destroyed',
  unseen: 'had no preview',
};

export interface Headline {
  readonly emoji: string;
  readonly sentence: string;
  readonly story: Story;
}

export function headlineOf(situations: readonly Situation[]): Headline {
  const [first, ...others] = [...situations].sort((a, b) => RANK.indexOf(a.story) - RANK.indexOf(b.story));
  if (!first) return { emoji: '➖', sentence: ONE.declined, story: 'declined' };
  const { emoji, story } = first;
  if (others.length === 0) return { emoji, sentence: ONE[story], story };
  const same = situations.filter((one) => one.story === story).length;
  const amount = same === situations.length ? `All ${same}` : `${same} of ${situations.length}`;
  return { emoji, sentence: `${amount} projects ${MANY[story]}`, story };
}
