import { test } from '@jest/globals';
import fc from 'fast-check';
import { applyDecision } from '../../src/environments/apply-decision.js';
import { isActive, type Environment } from '../../src/environments/model.js';
import { decide } from '../../src/pull-requests/decide/decision.js';
import type { DecideInput } from '../../src/pull-requests/decide/input.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { situation } from '../pull-requests/decide/situations.js';
import { HEAD_SHA, pullRequest } from '../support/builders.js';

const now = new Date('2026-01-01T00:00:00Z');
const ASKS = ['opened', 'reopened', 'synchronize', 'ready_for_review', 'labeled'];
const unasked = situation.filter(({ action }) => !ASKS.includes(action));

function gone(rule: 'asked' | 'expired', status: Environment['status']): Environment {
  const head = { sha: HEAD_SHA, deploymentId: 'd1', at: now };
  const decision = { action: 'destroy', rule, detail: 'x' };
  return { status, generation: 2, head, decision, resources: [], notes: [] } as unknown as Environment;
}

/** What the environment is after one more event. */
function after(environment: Environment, met: DecideInput): Environment {
  const { status, generation, head, approvedSha, decision } = environment;
  const headSha = decision?.action === 'deploy' ? (head?.sha ?? null) : null;
  const seen = { status, generation, headSha, isShown: false, approvedSha, decision };
  const facts = pullRequest({ ...met.pullRequest, head: { ...met.pullRequest.head, sha: HEAD_SHA } });
  const { patch } = applyDecision(environment, {
    facts,
    decision: decide({ ...met, pullRequest: facts, environment: seen }),
    settings: met.settings,
    notes: [],
    approvedSha: null,
    pusher: { login: 'octocat', isBot: false },
    repository: 'acme/hello',
    installationId: 1,
    now,
    newId: () => 'd2',
  });
  return { ...environment, ...patch } as Environment;
}

test('whatever happens, a preview that expired or was taken down by hand stays down while nobody asks for it', () => {
  const rule = fc.constantFrom('asked' as const, 'expired' as const);
  const status = fc.constantFrom(ENVIRONMENT_STATUS.destroying, ENVIRONMENT_STATUS.destroyed);
  const events = fc.array(unasked, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(rule, status, events, (why, at, met) => !isActive(met.reduce(after, gone(why, at)))),
    { numRuns: 1_000 },
  );
});
