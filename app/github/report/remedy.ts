import type { Story } from '../../../src/deployments/situation.js';
import type { Environment } from '../../../src/environments/model.js';
import { needsRerun } from '../../../src/environments/reasons.js';

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
  unseen: '',
};

const ELSEWHERE: Readonly<Partial<Record<Story, string>>> = {
  leaving: 'What an earlier step of the workflow deployed elsewhere is removed there, not from here.',
  over: 'What an earlier step of the workflow deployed elsewhere is removed there, not from here.',
};

const RERUN = 'GitHub starts the workflow for new commits only: re-run it to build this one.';
const READY =
  'The workflow starts by itself if ready_for_review is among its types of pull_request. If it is not, re-run it to build this commit.';

/** What a reader can do about it, or what happens next. Plain Markdown of ours; a decision brings its own in its detail. */
export function remedyOf(story: Story, environment: Environment, elsewhere: boolean): string {
  if (waitsForRerun(story, environment))
    return environment.decision?.rule === 'ready-for-review' ? READY : RERUN;
  return (elsewhere ? ELSEWHERE[story] : undefined) ?? REMEDIES[story];
}

export function waitsForRerun(story: Story, environment: Environment): boolean {
  return story === 'waiting' && needsRerun(environment);
}

/** Where a person finds the workflow runs of a commit that waits for one to be run again. */
export function runsUrlOf(story: Story, environment: Environment): string | null {
  const { pullRequest } = environment;
  return pullRequest && waitsForRerun(story, environment) ? `${pullRequest.url}/checks` : null;
}
