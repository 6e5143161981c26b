import type { SituationKind } from './situation.js';

const FAILED = 'The preview of this commit failed';
const NEWER = 'A newer commit is on its way';
const NONE = 'This commit gets no preview';

/** What is said first of a situation, in the same words by the comment, the dashboard and the pages that visitors see. */
export const HEADLINES: Readonly<Record<SituationKind, string>> = {
  waiting: 'The preview waits for its build to start',
  'awaiting-approval': 'The preview waits for approval',
  'skipped-by-rule': NONE,
  building: 'The preview is being built',
  'building-while-live': 'The preview is being updated',
  live: 'The preview is ready',
  asleep: 'The preview sleeps until it is opened',
  'build-failed': FAILED,
  'failed-while-live': FAILED,
  'build-cancelled': 'The build of this commit was cancelled',
  replaced: NEWER,
  'newer-commit': NEWER,
  'build-removed': 'The build of this commit was removed',
  'being-removed': 'The preview is being removed',
  removed: 'The preview was removed',
  'never-live': 'There was no preview',
};

/** The same on a page at the address itself: "This preview is being built", or "This commit" where the address is that of a commit. */
export function headlineHere(kind: SituationKind, what: 'preview' | 'commit' = 'preview'): string {
  return HEADLINES[kind].replace(/^The preview\b(?! of)/, `This ${what}`);
}
