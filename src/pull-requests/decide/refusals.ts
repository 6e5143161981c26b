import { findSkipWord } from '../../settings/skip-words.js';
import { createPatternMatcher, matchesPatterns } from '../../shared/globs.js';
import { isFork } from '../facts.js';
import { APPROVED_LABEL } from '../trust.js';
import type { Rule } from './decision.js';
import { type DecideInput, isLive } from './input.js';

/** Why a pull request gets no preview. */
export interface Refusal {
  readonly rule: Rule;
  readonly detail: string;
}

/** An approval alone brings nothing: their runs could not deploy. */
export const FORK_RUNS =
  'GitHub gives workflow runs of forks no identity. For a preview, somebody who may write can push the branch to this repository and open the pull request from there.';

type Check = (input: DecideInput) => Refusal | undefined;

/** Refusals of the pull request itself, in the order in which they are told: with one of them a live preview goes too. */
const PULL_REQUEST_CHECKS: readonly Check[] = [
  fork,
  protectedAccess,
  namedSecrets,
  skipLabel,
  excludedLabel,
  draft,
  bot,
  baseBranch,
  headBranch,
  missingLabel,
  skipWordInTitle,
];

/** Refusals of this one commit: what is live stays as it is. */
const COMMIT_CHECKS: readonly Check[] = [manual, skipWordInCommit, paths];

export function refusalOfPullRequest(input: DecideInput): Refusal | undefined {
  return first(PULL_REQUEST_CHECKS, input);
}

/** What somebody said by hand, whatever the settings say. */
export function refusalByLabel(input: DecideInput): Refusal | undefined {
  return skipLabel(input);
}

export function refusalOfCommit(input: DecideInput): Refusal | undefined {
  return first(COMMIT_CHECKS, input);
}

function first(checks: readonly Check[], input: DecideInput): Refusal | undefined {
  return checks.map((check) => check(input)).find((refusal) => refusal !== undefined);
}

function refuseIf(applies: unknown, refusal: Refusal): Refusal | undefined {
  return applies ? refusal : undefined;
}

function fork({ pullRequest, settings }: DecideInput): Refusal | undefined {
  return refuseIf(isFork(pullRequest) && settings.triggers.forks === 'deny', {
    rule: 'fork-denied',
    detail: `Pull requests from forks get no preview here. ${FORK_RUNS}`,
  });
}

/** Nothing here can protect a preview yet: publishing it all the same would be the one mistake that cannot be taken back. */
function protectedAccess({ settings }: DecideInput): Refusal | undefined {
  return refuseIf(settings.access !== 'public', {
    rule: 'access-unavailable',
    detail: `Protected previews ("access: ${settings.access}") are not available on this server, so nothing is published. Set "access: public" on the default branch if everybody may see it.`,
  });
}

function namedSecrets({ settings }: DecideInput): Refusal | undefined {
  return refuseIf(settings.secrets.length > 0, {
    rule: 'secrets-unavailable',
    detail:
      'This server keeps no secrets, so those named under "secrets" are missing. Give them to the Action by its input "secrets" and take the list out on the default branch.',
  });
}

function skipLabel({ pullRequest }: DecideInput): Refusal | undefined {
  return refuseIf(hasLabel(pullRequest.labels, LABELS.skip), {
    rule: 'label-skip',
    detail: `The label "${LABELS.skip}" is set. Remove it to get a preview.`,
  });
}

function excludedLabel({ pullRequest, settings }: DecideInput): Refusal | undefined {
  const label = firstLabel(pullRequest.labels, settings.triggers.labels.exclude);
  return refuseIf(label !== undefined, {
    rule: 'label-excluded',
    detail: `The label "${String(label)}" is in "triggers.labels.exclude". Remove it to get a preview.`,
  });
}

function draft({ pullRequest, settings }: DecideInput): Refusal | undefined {
  return refuseIf(pullRequest.draft && !settings.triggers.drafts, {
    rule: 'draft',
    detail:
      'Drafts get no preview. Mark the pull request as ready for review, or set "triggers.drafts: true".',
  });
}

function bot({ pullRequest, settings }: DecideInput): Refusal | undefined {
  return refuseIf(pullRequest.author.isBot && !settings.triggers.bots, {
    rule: 'bot',
    detail:
      'Pull requests of bots get no preview. Set "triggers.bots: true" on the default branch to allow them.',
  });
}

function baseBranch({ pullRequest, settings }: DecideInput): Refusal | undefined {
  return refuseIf(!matchesPatterns(settings.triggers.branches.base, pullRequest.base.ref), {
    rule: 'base-branch',
    detail:
      'The branch to merge into is not one of "triggers.branches.base". Choose another, or add it on the default branch.',
  });
}

function headBranch({ pullRequest, settings }: DecideInput): Refusal | undefined {
  return refuseIf(!matchesPatterns(settings.triggers.branches.head, pullRequest.head.ref), {
    rule: 'head-branch',
    detail:
      'The branch of this pull request is not one of "triggers.branches.head". Rename it, or add it on the default branch.',
  });
}

/** In mode `label` one is needed in any case; in the others only where the settings name some. */
function missingLabel({ pullRequest, settings }: DecideInput): Refusal | undefined {
  const { mode, labels } = settings.triggers;
  const byDefault = mode === 'label' ? [LABELS.optIn] : [];
  const wanted = labels.include.length > 0 ? labels.include : byDefault;
  return refuseIf(wanted.length > 0 && firstLabel(pullRequest.labels, wanted) === undefined, {
    rule: 'label-missing',
    detail: `Previews are made on request here. Set the label "${wanted.join('" or "')}" to get one.`,
  });
}

function skipWordInTitle({ pullRequest, settings }: DecideInput): Refusal | undefined {
  const word = findSkipWord(pullRequest.title, settings.triggers.skipWords);
  return refuseIf(word !== undefined, {
    rule: 'skip-word-title',
    detail: `The title says "${String(word)}". Take it out to get a preview.`,
  });
}

/** Only the first preview is asked for; the pushes after it keep it fresh. */
function manual(input: DecideInput): Refusal | undefined {
  return refuseIf(input.settings.triggers.mode === 'manual' && !isLive(input), {
    rule: 'manual',
    detail:
      'Previews are started by hand here ("triggers.mode: manual"), and this server has no way to start one yet. Set another mode on the default branch.',
  });
}

function skipWordInCommit({ pullRequest, settings }: DecideInput): Refusal | undefined {
  const word = findSkipWord(pullRequest.commitMessage ?? '', settings.triggers.skipWords);
  return refuseIf(word !== undefined, {
    rule: 'skip-word-commit',
    detail: `The message of the newest commit says "${String(word)}". The next commit without it is deployed.`,
  });
}

function paths({ pullRequest, settings, project }: DecideInput): Refusal | undefined {
  const { include, ignore } = settings.triggers.paths;
  const isIncluded = createPatternMatcher(include);
  const isOfProject = createPatternMatcher(project?.paths ?? []);
  const isIgnored = ignore.length > 0 ? createPatternMatcher(ignore) : () => false;
  const touches = (path: string) => isIncluded(path) && isOfProject(path) && !isIgnored(path);
  return refuseIf(pullRequest.changedFiles && !pullRequest.changedFiles.some(touches), {
    rule: 'paths',
    detail:
      'No changed file is one that a preview shows. Change one, or widen "triggers.paths" or the paths of the project.',
  });
}

/** The labels that people steer a preview with. */
export const LABELS = {
  /** Asks for a preview where `triggers.mode` is `label`. */
  optIn: 'preview',
  skip: 'preview:skip',
  hold: 'preview:hold',
  keep: 'preview:keep',
  approved: APPROVED_LABEL,
} as const;

/** GitHub takes labels that differ only in capitals for one. */
export function hasLabel(labels: readonly string[], wanted: string): boolean {
  return labels.some((label) => label.toLowerCase() === wanted.toLowerCase());
}

function firstLabel(labels: readonly string[], wanted: readonly string[]): string | undefined {
  return wanted.find((label) => hasLabel(labels, label));
}
