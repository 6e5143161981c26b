import type { Settings } from '../../settings/settings.js';
import { isFork } from '../facts.js';
import type { Decision, Rule } from './decision.js';
import { type DecideInput, isHeadAccepted, isLive } from './input.js';
import {
  FORK_RUNS,
  hasLabel,
  LABELS,
  type Refusal,
  refusalByLabel,
  refusalOfCommit,
  refusalOfPullRequest,
} from './refusals.js';

/**
 * What one event of a pull request leads to. Pure: the same facts give the same decision, in whatever order the events came, because it
 * looks at what is true now and at the action only for the reason.
 */
export function decide(input: DecideInput): Decision {
  const reason = HANDLED.get(input.action);
  if (reason === undefined)
    return ignore('action-not-relevant', 'This event changes nothing for previews. Nothing to do.');
  if (input.pullRequest.state === 'closed') return whenClosed(input);
  if (input.action === 'closed')
    return ignore('closed-stale', 'The pull request is open again, so this event is old. Nothing to do.');
  if (!isLive(input) && wasTakenDown(input)) return ignore('gone-until-asked', GONE);
  const stop = refusalByLabel(input);
  const invalid = stop ? undefined : invalidSettings(input);
  // The mistake may be in what allowed this pull request: what is live stays until somebody mends it, or says stop.
  if (invalid) return { action: isHeadAccepted(input) ? 'update' : 'skip', ...invalid };
  const refusal = stop ?? refusalOfPullRequest(input);
  if (refusal) return { action: isLive(input) ? 'destroy' : 'skip', ...refusal };
  return whenOpen(input, reason);
}

function whenClosed(input: DecideInput): Decision {
  const { merged, labels } = input.pullRequest;
  if (!isLive(input))
    return ignore(
      'closed-already',
      'The pull request is closed and there is no preview of it. Nothing to do.',
    );
  // What never went live has no time after which it expires: it would stay for ever.
  if (hasLabel(labels, LABELS.keep) && input.environment?.isShown)
    return {
      action: 'update',
      rule: 'closed-kept',
      detail: `The label "${LABELS.keep}" keeps the preview until it expires. Remove the label to take it down now.`,
    };
  if (merged)
    return {
      action: 'destroy',
      rule: 'merged',
      detail: 'The pull request was merged. Its preview is taken down.',
    };
  return {
    action: 'destroy',
    rule: 'closed',
    detail: 'The pull request was closed. Its preview is taken down; reopen it to get a new one.',
  };
}

function whenOpen(input: DecideInput, reason: Rule): Decision {
  const accepted = isHeadAccepted(input);
  const refusal = refusalOfCommit(input);
  if (refusal) return { action: accepted ? 'update' : 'skip', ...refusal };
  if (hasLabel(input.pullRequest.labels, LABELS.hold))
    return { action: accepted ? 'update' : 'hold', ...HELD };
  if (accepted)
    return {
      action: 'update',
      rule: 'unchanged',
      detail: 'The newest commit is deployed or on its way. Nothing to do.',
    };
  return whenNew(input, reason);
}

function whenNew(input: DecideInput, reason: Rule): Decision {
  if (!isLive(input) && input.counts.environmentsInProject >= input.settings.limits.environments)
    return limitReached(input.settings);
  const { level, reason: why } = input.trust;
  if (level === 'denied')
    return {
      action: 'hold',
      rule: 'permission-unknown',
      detail: `${why} Push again later, or ${ASK_APPROVAL}`,
    };
  if (level === 'approval')
    return { action: 'hold', rule: 'awaiting-approval', detail: `${why} ${remedyFor(input)}` };
  const approved = input.environment?.approvedSha === input.pullRequest.head.sha;
  const rule = approved ? 'approved' : reason;
  return { action: 'deploy', rule, detail: 'The newest commit gets a preview. Wait for its build.' };
}

function remedyFor({ pullRequest }: DecideInput): string {
  if (!isFork(pullRequest)) return `For a preview, ${ASK_APPROVAL}`;
  return `${FORK_RUNS} Where a private repository gives them one, ${ASK_APPROVAL}`;
}

const HELD: Refusal = {
  rule: 'label-hold',
  detail: `The label "${LABELS.hold}" is set, so new commits wait. Remove it to deploy the newest one.`,
};

const GONE =
  'The preview expired or was taken down by hand. Push a commit, or close and reopen, to get it back.';

const ASK_APPROVAL = `somebody who may write to this repository sets the label "${LABELS.approved}" (it holds for this commit only), then re-runs the workflow.`;

/**
 * A preview that expired or was taken down by hand comes back when somebody asks, not because a title changed. It is looked at before every
 * refusal: a refusal would take the place of the reason, and whatever ends the refusal would bring the preview back.
 */
function wasTakenDown(input: DecideInput): boolean {
  const before = input.environment?.decision;
  const ended = before?.action === 'deploy' || before?.action === 'update';
  return !asks(input) && (ended || before?.rule === 'asked' || before?.rule === 'expired');
}

/** Of labels only those that ask for a preview: `preview:hold` and `preview:skip` ask for the opposite. */
function asks({ action, label, settings }: DecideInput): boolean {
  if (action !== 'labeled' || label === undefined) return ASKING.includes(action);
  return hasLabel([LABELS.optIn, LABELS.approved, ...settings.triggers.labels.include], label);
}

/** Fails closed: what could not be read may have been a restriction. */
function invalidSettings({ problems = [] }: DecideInput): Refusal | undefined {
  const error = problems.find(({ level }) => level === 'error');
  if (!error) return undefined;
  const branch = error.file === 'base' ? 'the default branch' : 'this pull request';
  return {
    rule: 'settings-invalid',
    detail: `Line ${String(error.line)} of .github/preview.yml in ${branch}: ${error.message}. Mend it and push again.`,
  };
}

export function limitReached({ limits: { environments } }: Settings): Decision {
  return {
    action: 'skip',
    rule: 'limit-environments',
    detail: `This project already has ${String(environments)} previews, the most it may have. Close a pull request and push again, or raise "limits.environments".`,
  };
}

function ignore(rule: Rule, detail: string): Decision {
  return { action: 'ignore', rule, detail };
}

/**
 * Of what was found by looking, not told by a webhook: the sweep, a run that was faster than its webhook, an event that came late. It asks
 * for nothing by itself; what is new about the pull request does.
 */
export const NOTICED = 'noticed';

/** The actions of a pull request that can change a preview, and the reason to give when they bring one. */
const HANDLED: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['opened', 'opened'],
  ['reopened', 'reopened'],
  ['synchronize', 'new-commit'],
  ['ready_for_review', 'ready-for-review'],
  ['labeled', 'label-added'],
  ['unlabeled', 'now-qualifies'],
  ['edited', 'now-qualifies'],
  ['converted_to_draft', 'now-qualifies'],
  ['closed', 'closed'],
  [NOTICED, 'now-qualifies'],
]);

/** These ask for a preview; the others only change what a preview depends on. */
const ASKING: readonly string[] = ['opened', 'reopened', 'synchronize', 'ready_for_review', 'labeled'];
