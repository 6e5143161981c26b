import fc from 'fast-check';
import type { Decision } from '../../../src/pull-requests/decide/decision.js';
import { type DecideInput, LABELS, NOTICED } from '../../../src/pull-requests/decide/input.js';
import { RULE_IDS } from '../../../src/pull-requests/decide/rules.js';
import { parseSettings, type Settings } from '../../../src/settings/settings.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { HEAD_SHA, NEXT_SHA, pullRequest, withTriggers } from '../../support/builders.js';

const ACTIONS = [
  ...['opened', 'reopened', 'synchronize', 'closed', 'edited', 'labeled', 'unlabeled', 'converted_to_draft'],
  ...['ready_for_review', NOTICED, 'assigned', 'locked', 'enqueued', 'review_requested', 'constructor'],
];
const labels = fc.subarray([...Object.values(LABELS), 'bug', 'WIP']);
const sha = fc.constantFrom(HEAD_SHA, NEXT_SHA);

const facts = fc
  .record({
    title: fc.constantFrom('Add a page', 'x [skip preview]', '   ', '{{constructor}}'),
    state: fc.constantFrom('open', 'closed'),
    merged: fc.boolean(),
    draft: fc.boolean(),
    bot: fc.boolean(),
    sha,
    ref: fc.constantFrom('add-page', 'wip/x', '$(curl${IFS}x)'),
    repoId: fc.constantFrom(10, 10, 11, null),
    labels,
    commitMessage: fc.option(fc.constantFrom('x', '[preview skip]'), { nil: undefined }),
    changedFiles: fc.option(fc.subarray(['docs/a.md', 'src/a.ts']), { nil: undefined }),
  })
  .map(({ sha: head, ref, repoId, bot, ...rest }) =>
    pullRequest({ ...rest, head: { ref, sha: head, repoId }, author: { id: 1, login: 'x', isBot: bot } }),
  );

const triggers = fc
  .record({
    mode: fc.constantFrom('auto', 'label', 'manual'),
    drafts: fc.boolean(),
    bots: fc.boolean(),
    forks: fc.constantFrom('deny', 'approve'),
    labels: fc.record({ include: fc.subarray(['bug']), exclude: fc.subarray(['wip']) }),
    branches: fc.record({
      base: fc.constantFrom<string[]>([], [], ['main'], ['release']),
      head: fc.subarray(['!wip/**']),
    }),
    paths: fc.record({ include: fc.subarray(['src/**']), ignore: fc.subarray(['docs/**']) }),
  })
  .map((changes) => withTriggers(changes));

/** Protected previews are decided like public ones. */
const protection = fc.oneof(
  { arbitrary: fc.constant({}), weight: 20 },
  {
    arbitrary: fc.constant<Partial<Settings>>({ access: 'github' }),
    weight: 1,
  },
);

const settings = fc.tuple(triggers, protection).map(([known, changes]) => ({ ...known, ...changes }));

const MISTAKE = parseSettings({ base: 'acces: public' }).problems;

const decision = fc.record<Decision>({
  action: fc.constantFrom('deploy', 'hold', 'skip', 'destroy', 'ignore', 'update'),
  rule: fc.constantFrom(...RULE_IDS),
  detail: fc.constant('x'),
});

/** Rarely, as these hide the rules after them. */
const rarely = <T>(value: T) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 19 }, { arbitrary: fc.constant(value), weight: 1 });

/** Anything that an event may meet, possible or not. */
export const situation: fc.Arbitrary<DecideInput> = fc
  .record({
    action: fc.constantFrom(...ACTIONS),
    pullRequest: facts,
    settings,
    problems: fc.oneof({ arbitrary: fc.constant(undefined), weight: 9 }, fc.constant(MISTAKE)),
    trust: fc.record({
      level: fc.constantFrom('trusted', 'approval', 'denied'),
      reason: fc.constant('Because.'),
    }),
    environment: fc.option(
      fc.record({
        status: fc.constantFrom(...Object.values(ENVIRONMENT_STATUS)),
        generation: fc.nat(9),
        headSha: fc.option(sha),
        isShown: fc.boolean(),
        approvedSha: fc.option(sha),
        decision: fc.option(decision),
      }),
    ),
    counts: fc.record({ environmentsInProject: fc.nat(25) }),
    label: fc.option(fc.constantFrom(...Object.values(LABELS), 'bug'), { nil: undefined }),
    // Last, so that the situations of a seed stay what they are.
    project: rarely({ paths: [], active: false }),
    whenFull: rarely('queue' as const),
    filesSinceShown: rarely(['docs/a.md']),
  })
  .map(({ whenFull = 'reject' as const, ...of }) => ({
    ...of,
    settings: { ...of.settings, limits: { ...of.settings.limits, whenFull } },
  }));
