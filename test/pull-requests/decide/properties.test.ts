import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '../../../src/pull-requests/decide/decide.js';
import { type Decision, RULES } from '../../../src/pull-requests/decide/decision.js';
import type { DecideInput } from '../../../src/pull-requests/decide/input.js';
import { LABELS } from '../../../src/pull-requests/decide/refusals.js';
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
  const seen = new Set(fc.sample(situation, { numRuns: 40_000, seed: 7 }).map((of) => decide(of).rule));
  const elsewhere = [
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
