import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Decision, decide } from '../../../src/pull-requests/decide/decision.js';
import { type DecideInput, isLive as hasPreview, LABELS } from '../../../src/pull-requests/decide/input.js';
import { type EndingRule, RULE_IDS, ruleDefinition } from '../../../src/pull-requests/decide/rules.js';
import { isFork } from '../../../src/pull-requests/facts.js';
import { GONE_ENVIRONMENTS } from '../../../src/shared/status/words.js';
import { situation } from './situations.js';

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
  always((_, { rule, detail }) => RULE_IDS.includes(rule) && /^[A-Z].{20,}\.$/.test(detail));
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

/** Paths of this seed to situations in which rare rules decide. After a change of `situation`, search 40,000 situations for new ones. */
const RARE = ['1719', '1971', '2910', '3273', '5001', '7398', '9392', '18562', '21731', '36904'];

test('every rule of the table that decide can find decides in some situation', () => {
  const frequent = fc.sample(situation, { numRuns: 1_500, seed: 7 });
  const rare = RARE.flatMap((path) => fc.sample(situation, { numRuns: 1, seed: 7, path }));
  const seen = new Set([...frequent, ...rare].map((of) => decide(of).rule));
  const found = RULE_IDS.filter((rule) => ruleDefinition(rule)?.applies);
  expect(found.filter((rule) => !seen.has(rule))).toEqual([]);
});

/** The tests in which another part of the server ends a preview by a rule. */
const ENDING_RULES: Readonly<Record<EndingRule, string>> = {
  asked: 'app/api/api.test.ts',
  expired: 'journeys/sweep-expiry.test.ts',
  'repository-removed': 'journeys/lost-repository.test.ts',
  'project-removed': 'journeys/renamed-repository.test.ts',
  'project-deleted': 'journeys/projects.test.ts',
  evicted: 'journeys/limits.test.ts',
};

test('every other rule of the table ends a preview in a test that expects it', () => {
  const others = RULE_IDS.filter((rule) => !ruleDefinition(rule)?.applies);
  expect(others.toSorted()).toEqual(Object.keys(ENDING_RULES).toSorted());
  const unreached = Object.entries(ENDING_RULES).filter(([rule, path]) => {
    const text = readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
    return !new RegExp(`rule(: |\\)\\.toBe\\()'${rule}'`).test(text);
  });
  expect(unreached).toEqual([]);
});

test('a rule that ends a preview destroys what is live, and no other rule does', () => {
  always((of, { action, rule }) => {
    const { effect, endsPreview } = ruleDefinition(rule) ?? {};
    if (hasPreview(of) && endsPreview) return action === 'destroy';
    return action === effect || (action === 'update' && (effect === 'skip' || effect === 'hold'));
  });
});
