import type { Settings } from '../../settings/settings.js';
import { type DecideInput, type Effect, isHeadAccepted, isLive, type RuleDefinition } from './input.js';
import { limitDetail, limitOf, noneIdleDetail } from './limits.js';
import { type Rule, RULE_IDS, ruleDefinition, RULES } from './rules.js';

/** What an event leads to, and why. */
export interface Decision {
  readonly action: Effect;
  readonly rule: Rule;
  /** A sentence for people that says what to do next. */
  readonly detail: string;
}

/**
 * What one event of a pull request leads to: the first rule that applies decides. Pure: the same facts give the same decision, in any
 * order of events, because the rules look at the state of the pull request and use the action of the event only as the reason.
 */
export function decide(input: DecideInput): Decision {
  return firstOf(RULE_IDS, input);
}

/** What people asked of newer commits, which does not hold back one that is on its way. */
const FOR_NEWER_COMMITS: readonly Rule[] = ['label-hold'];

/**
 * Decides once more on a commit that was accepted and that no run has taken on yet, with what was not known then: the newest policy,
 * the settings file of the commit and its message. It is refused if it would be refused as a new one; otherwise it stays accepted.
 */
export function decideAgain(input: DecideInput): Decision {
  const { environment } = input;
  const asNew: DecideInput = {
    ...input,
    // Whose commit it is was known.
    trust: { level: 'trusted', reason: 'This commit was accepted.' },
    environment: environment?.isShown === true ? { ...environment, headSha: null, decision: null } : null,
  };
  const rules = RULE_IDS.filter((id) => !FOR_NEWER_COMMITS.includes(id));
  const decision = firstOf(rules, asNew);
  return decision.action === 'deploy' ? decide(input) : decision;
}

function firstOf(rules: readonly Rule[], input: DecideInput): Decision {
  // The last rule applies to every open pull request.
  const rule = rules.find((id) => ruleDefinition(id)?.applies?.(input)) ?? 'action-not-relevant';
  const definition: RuleDefinition = RULES[rule];
  const { detail = '' } = definition;
  return {
    action: effectOf(definition, input),
    rule,
    detail: typeof detail === 'string' ? detail : detail(input),
  };
}

function effectOf({ effect, endsPreview }: RuleDefinition, input: DecideInput): Effect {
  if (endsPreview && isLive(input)) return 'destroy';
  const changesNothing = (effect === 'skip' || effect === 'hold') && isHeadAccepted(input);
  return changesNothing ? 'update' : effect;
}

/** The decision for an environment that has to give up its place because the project, or its author, has too many. */
export function limitReached(settings: Settings, of: 'project' | 'author' = 'project'): Decision {
  const rule = 'limit-environments';
  const detailOf = settings.limits.whenFull === 'evict-idle' ? noneIdleDetail : limitDetail;
  return { action: RULES[rule].effect, rule, detail: detailOf(limitOf(of, settings)) };
}
