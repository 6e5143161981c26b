import { matchesPatterns } from '../../shared/globs.js';
import { isFork } from '../facts.js';
import { ENDINGS } from './endings.js';
import {
  asksForPreview,
  changesFiles,
  type DecideInput,
  excludedLabel,
  hasLabel,
  isClosed,
  isHandled,
  isHeadAccepted,
  isLive,
  isShownAlready,
  LABELS,
  on,
  requestLabels,
  type RuleDefinition,
  settingsError,
  skipWordIn,
} from './input.js';
import { fullLimit, limitDetail, queuedDetail } from './limits.js';

const DEPLOYED = 'The newest commit gets a preview. Wait for its build.';

const FORK_RUNS =
  'GitHub gives workflow runs of forks no identity. For a preview, a person with write access can push the branch to this repository and open the pull request from there.';

const ASK_APPROVAL = `a person with write access to this repository must set the label "${LABELS.approved}" (it is valid for this commit only), then re-run the workflow.`;

/**
 * Every rule. The first one that applies decides, so the order matters. The ids are stored with each delivery and shown in the
 * check; people filter by them, so they never change.
 */
export const RULES = {
  'action-not-relevant': {
    effect: 'ignore',
    applies: (input) => !isHandled(input),
    detail: 'This event changes nothing for previews. Nothing to do.',
  },

  // The pull request is closed.
  'closed-already': {
    effect: 'ignore',
    applies: (input) => isClosed(input) && !isLive(input),
    detail: 'The pull request is closed and has no preview. Nothing to do.',
  },
  'closed-kept': {
    effect: 'update',
    // A preview that never went live has no time at which it expires: it would stay for ever.
    applies: (input) =>
      isClosed(input) && hasLabel(input, LABELS.keep) && input.environment?.isShown === true,
    detail: `The label "${LABELS.keep}" keeps the preview until it expires. Remove the label to take it down now.`,
  },
  merged: {
    effect: 'destroy',
    endsPreview: true,
    applies: (input) => isClosed(input) && input.pullRequest.merged,
    detail: 'The pull request was merged. Its preview is taken down.',
  },
  closed: {
    effect: 'destroy',
    endsPreview: true,
    applies: (input) => isClosed(input),
    detail: 'The pull request was closed. Its preview is taken down; reopen it to get a new one.',
  },

  // The pull request is open.
  'closed-stale': {
    effect: 'ignore',
    applies: ({ action }) => action === 'closed',
    detail: 'The pull request is open again, so this event is old. Nothing to do.',
  },
  'gone-until-asked': {
    effect: 'ignore',
    // Before every refusal: a refusal would replace the reason, and the end of the refusal would bring the preview back.
    applies: (input) => !isLive(input) && wasTakenDown(input) && !asksForPreview(input),
    detail:
      'The preview expired or was taken down by hand. Push a commit, or close and reopen, to get it back.',
  },
  'label-skip': {
    effect: 'skip',
    endsPreview: true,
    applies: (input) => hasLabel(input, LABELS.skip),
    detail: `The label "${LABELS.skip}" is set. Remove it to get a preview.`,
  },
  'project-inactive': {
    effect: 'skip',
    // Stops new commits only: what is live stays until its pull request closes, or until it is removed.
    applies: ({ project }) => project?.active === false,
    detail:
      'This project is switched off, so nothing is deployed. Switch it on in the settings of the project, then push a commit.',
  },
  'settings-invalid': {
    effect: 'skip',
    // Stops new commits only: the mistake may be in the line that allowed this pull request, so what is live stays.
    applies: (input) => settingsError(input) !== undefined,
    detail: (input) => `${String(settingsError(input))}. Correct it and push again.`,
  },

  // The pull request itself is refused: its live preview ends too.
  'fork-denied': {
    effect: 'skip',
    endsPreview: true,
    applies: ({ pullRequest, settings }) => isFork(pullRequest) && settings.triggers.forks === 'deny',
    detail: `Pull requests from forks get no preview here. ${FORK_RUNS}`,
  },
  'label-excluded': {
    effect: 'skip',
    endsPreview: true,
    applies: (input) => excludedLabel(input) !== undefined,
    detail: (input) =>
      `The label "${String(excludedLabel(input))}" is in "triggers.labels.exclude". Remove it to get a preview.`,
  },
  draft: {
    effect: 'skip',
    endsPreview: true,
    applies: ({ pullRequest, settings }) => pullRequest.draft && !settings.triggers.drafts,
    detail:
      'Drafts get no preview. Mark the pull request as ready for review, or set "triggers.drafts: true".',
  },
  bot: {
    effect: 'skip',
    endsPreview: true,
    applies: ({ pullRequest, settings }) => pullRequest.author.isBot && !settings.triggers.bots,
    detail:
      'Pull requests of bots get no preview. Set "triggers.bots: true" on the default branch to allow them.',
  },
  'base-branch': {
    effect: 'skip',
    endsPreview: true,
    applies: ({ pullRequest, settings }) =>
      !matchesPatterns(settings.triggers.branches.base, pullRequest.base.ref),
    detail:
      'The branch to merge into is not one of "triggers.branches.base". Choose another, or add it on the default branch.',
  },
  'head-branch': {
    effect: 'skip',
    endsPreview: true,
    applies: ({ pullRequest, settings }) =>
      !matchesPatterns(settings.triggers.branches.head, pullRequest.head.ref),
    detail:
      'The branch of this pull request is not one of "triggers.branches.head". Rename it, or add it on the default branch.',
  },
  'label-missing': {
    effect: 'skip',
    endsPreview: true,
    applies: (input) => {
      const labels = requestLabels(input);
      return labels.length > 0 && !labels.some((label) => hasLabel(input, label));
    },
    detail: (input) =>
      `Previews are made on request here. Set the label "${requestLabels(input).join('" or "')}" to get one.`,
  },
  'skip-word-title': {
    effect: 'skip',
    endsPreview: true,
    applies: (input) => skipWordIn(input.pullRequest.title, input) !== undefined,
    detail: (input) =>
      `The title says "${String(skipWordIn(input.pullRequest.title, input))}". Remove it to get a preview.`,
  },

  // Only this commit is refused or held: what is live stays as it is.
  manual: {
    effect: 'skip',
    // A person starts the first preview; the pushes after it update it.
    applies: (input) => input.settings.triggers.mode === 'manual' && !isLive(input),
    detail:
      'Previews are started by hand here ("triggers.mode: manual"), and this server has no way to start one yet. Set another mode on the default branch.',
  },
  'skip-word-commit': {
    effect: 'skip',
    applies: (input) => skipWordIn(input.pullRequest.commitMessage, input) !== undefined,
    detail: (input) =>
      `The message of the newest commit says "${String(skipWordIn(input.pullRequest.commitMessage, input))}". The next commit without it is deployed.`,
  },
  paths: {
    effect: 'skip',
    applies: (input) => !changesFiles(input) || isShownAlready(input),
    detail: (input) =>
      changesFiles(input)
        ? 'Nothing that this preview shows has changed since the commit that it shows. A commit that changes one of its files updates it.'
        : 'No changed file is one that a preview shows. Change one, or widen "triggers.paths" or the paths of the project.',
  },
  'label-hold': {
    effect: 'hold',
    applies: (input) => hasLabel(input, LABELS.hold),
    detail: `The label "${LABELS.hold}" is set, so new commits wait. Remove it to deploy the newest one.`,
  },
  unchanged: {
    effect: 'update',
    applies: (input) => isHeadAccepted(input),
    detail: 'The newest commit is deployed or on its way. Nothing to do.',
  },
  'limit-queued': {
    effect: 'skip',
    applies: (input) => input.settings.limits.whenFull === 'queue' && fullLimit(input) !== undefined,
    detail: (input) => queuedDetail(fullLimit(input)),
  },
  'limit-environments': {
    effect: 'skip',
    // With `evict-idle` it is admitted, and takes the place of another one if there is an idle one.
    applies: (input) => input.settings.limits.whenFull === 'reject' && fullLimit(input) !== undefined,
    detail: (input) => limitDetail(fullLimit(input)),
  },
  'permission-unknown': {
    effect: 'hold',
    applies: ({ trust }) => trust.level === 'denied',
    detail: ({ trust }) => `${trust.reason} Push again later, or ${ASK_APPROVAL}`,
  },
  'awaiting-approval': {
    effect: 'hold',
    applies: ({ trust }) => trust.level === 'approval',
    detail: ({ trust, pullRequest }) =>
      isFork(pullRequest)
        ? // An approval alone does not help a fork: its workflow runs could not deploy.
          `${trust.reason} ${FORK_RUNS} Where a private repository gives them one, ${ASK_APPROVAL}`
        : `${trust.reason} For a preview, ${ASK_APPROVAL}`,
  },

  // The newest commit is deployed, because of the event.
  approved: {
    effect: 'deploy',
    applies: ({ environment, pullRequest }) => environment?.approvedSha === pullRequest.head.sha,
    detail: DEPLOYED,
    needsRerun: true,
  },
  opened: { effect: 'deploy', applies: on('opened'), detail: DEPLOYED },
  reopened: { effect: 'deploy', applies: on('reopened'), detail: DEPLOYED },
  'new-commit': { effect: 'deploy', applies: on('synchronize'), detail: DEPLOYED },
  'ready-for-review': {
    effect: 'deploy',
    applies: on('ready_for_review'),
    detail: DEPLOYED,
    needsRerun: true,
  },
  'label-added': { effect: 'deploy', applies: on('labeled'), detail: DEPLOYED, needsRerun: true },
  'now-qualifies': { effect: 'deploy', applies: () => true, detail: DEPLOYED, needsRerun: true },

  ...ENDINGS,
} satisfies Readonly<Record<string, RuleDefinition>>;

export type Rule = keyof typeof RULES;

export const RULE_IDS = Object.keys(RULES) as readonly Rule[];

/** The rules by which another part of the server ends a preview. */
export type EndingRule = { [Id in Rule]: (typeof RULES)[Id] extends { applies: unknown } ? never : Id }[Rule];

/** Undefined for a rule that another version of the server stored. */
export function ruleDefinition(rule: string): RuleDefinition | undefined {
  return Object.hasOwn(RULES, rule) ? RULES[rule as Rule] : undefined;
}

function wasTakenDown({ environment }: DecideInput): boolean {
  const { action = 'ignore', rule = '' } = environment?.decision ?? {};
  return action === 'deploy' || action === 'update' || ruleDefinition(rule)?.staysGone === true;
}
