import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decide, LABELS, NOTICED, RULES, type DecideInput, type Decision } from '../../src/domain/decide.js';
import { E, GONE_ENVIRONMENTS } from '../../src/domain/lifecycle.js';
import { isFork } from '../../src/domain/pull-request.js';
import { withTriggers } from './decide-input.js';
import { HEAD_SHA, NEXT_SHA, pullRequest } from './sample-pull-request.js';

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

const settings = fc
  .record({
    mode: fc.constantFrom('auto', 'label', 'manual'),
    drafts: fc.boolean(),
    bots: fc.boolean(),
    forks: fc.constantFrom('deny', 'approve'),
    labels: fc.record({ include: fc.subarray(['bug']), exclude: fc.subarray(['wip']) }),
    branches: fc.record({ base: fc.subarray(['main']), head: fc.subarray(['!wip/**']) }),
    paths: fc.record({ include: fc.subarray(['src/**']), ignore: fc.subarray(['docs/**']) }),
  })
  .map((triggers) => withTriggers(triggers));

const decision = fc.record<Decision>({
  action: fc.constantFrom('deploy', 'hold', 'skip', 'destroy', 'ignore', 'update'),
  rule: fc.constantFrom(...RULES),
  detail: fc.constant('x'),
});

const situation: fc.Arbitrary<DecideInput> = fc.record({
  action: fc.constantFrom(...ACTIONS),
  pullRequest: facts,
  settings,
  trust: fc.record({
    level: fc.constantFrom('trusted', 'approval', 'denied'),
    reason: fc.constant('Because.'),
  }),
  environment: fc.option(
    fc.record({
      status: fc.constantFrom(...Object.values(E)),
      generation: fc.nat(9),
      headSha: fc.option(sha),
      approvedSha: fc.option(sha),
      decision: fc.option(decision),
    }),
  ),
  counts: fc.record({ environmentsInProject: fc.nat(25) }),
  label: fc.option(fc.constantFrom(...Object.values(LABELS), 'bug'), { nil: undefined }),
});

/** Whatever the situation, this holds for what is decided in it. */
function always(holds: (of: DecideInput, decided: Decision) => boolean): void {
  fc.assert(
    fc.property(situation, (of) => holds(of, decide(of))),
    { numRuns: 1_500 },
  );
}
const isLive = ({ environment }: DecideInput) =>
  environment !== null && !GONE_ENVIRONMENTS.includes(environment.status);

test('every decision has a known rule and says what to do next', () => {
  always((_, { rule, detail }) => RULES.includes(rule) && /^[A-Z].{20,}\.$/.test(detail));
});

test('the same situation gives the same decision, and deciding changes nothing', () => {
  always((of, decided) => {
    const copy = structuredClone(of);
    return (
      JSON.stringify(decide(of)) === JSON.stringify(decided) && JSON.stringify(copy) === JSON.stringify(of)
    );
  });
});

test('a fork is never deployed unless the settings say so', () => {
  always(
    (of, { action }) =>
      !isFork(of.pullRequest) ||
      of.settings.triggers.forks !== 'deny' ||
      !['deploy', 'hold'].includes(action),
  );
});

test('nothing is deployed that is not trusted', () => {
  always((of, { action }) => action !== 'deploy' || of.trust.level === 'trusted');
});

test('a closed pull request is taken down, kept or left alone, and never deployed', () => {
  always((of, { action }) => {
    const closed = of.pullRequest.state === 'closed' || of.action === 'closed';
    return !closed || ['destroy', 'update', 'ignore'].includes(action);
  });
});

test('only what is live is taken down', () => {
  always((of, { action }) => action !== 'destroy' || isLive(of));
});

test('a full project gets no new preview', () => {
  always((of, { action }) => {
    const full = of.counts.environmentsInProject >= of.settings.limits.environments;
    return !(full && !isLive(of) && action === 'deploy');
  });
});

test('a label that says stop is obeyed', () => {
  always(({ pullRequest: { labels: set } }, { action }) => {
    const stopped = set.includes(LABELS.skip) || set.includes(LABELS.hold);
    return !stopped || action !== 'deploy';
  });
});

test('nothing that a stranger wrote reaches the sentence', () => {
  always((_, { detail }) => !/constructor|curl|wip\/x/.test(detail));
});

test('every rule that decide can give is given in some situation', () => {
  const seen = new Set(fc.sample(situation, { numRuns: 20_000, seed: 7 }).map((of) => decide(of).rule));
  const elsewhere = [
    'settings-invalid',
    'access-unavailable',
    'secrets-unavailable',
    'asked',
    'expired',
    'repository-removed',
    'project-removed',
    'base-branch',
  ];
  expect(RULES.filter((rule) => !seen.has(rule) && !elsewhere.includes(rule))).toEqual([]);
});
