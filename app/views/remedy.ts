import type { Story } from './situation.js';

const REMEDIES: Readonly<Record<Story, string>> = {
  waiting:
    'It starts with the workflow of this repository. If nothing moves: GitHub runs no workflow while a pull request has conflicts, and the workflow must have a step that uses the preview action.',
  building: '',
  renewing: '',
  live: '',
  broken: 'Push a fix, or re-run the workflow if it was bad luck.',
  stopped: 'Re-run the workflow to build this commit.',
  overtaken: 'The preview follows the newest commit; this one is not built any more.',
  held: '',
  declined: '',
  leaving: 'Everything it used is being removed.',
  over: 'Everything it used is removed.',
};

const ELSEWHERE: Readonly<Partial<Record<Story, string>>> = {
  leaving: 'What an earlier step of the workflow deployed elsewhere is removed there, not from here.',
  over: 'What an earlier step of the workflow deployed elsewhere is removed there, not from here.',
};

/** What a reader can do about it, or what happens next. Plain Markdown of ours; a decision brings its own in its detail. */
export function remedyOf(story: Story, elsewhere: boolean): string {
  return (elsewhere ? ELSEWHERE[story] : undefined) ?? REMEDIES[story];
}
