type Command = Readonly<Record<string, unknown>>;

const EXPLAINED = ['find', 'aggregate', 'findAndModify', 'update', 'delete', 'count'];
const NOT_EXPLAINED = ['lsid', 'txnNumber', 'writeConcern', '$db', '$clusterTime', '$readPreference'];

/** A command as the server was sent it, without what it does not explain; null for those that search nothing. */
export function explainable(command: Command): Command | null {
  if (!EXPLAINED.some((name) => name in command)) return null;
  return Object.fromEntries(Object.entries(command).filter(([key]) => !NOT_EXPLAINED.includes(key)));
}

/** The names of all stages of a plan that won, however deep; plans that lost do not count. */
export function stagesOf(plan: unknown): string[] {
  if (Array.isArray(plan)) return plan.flatMap(stagesOf);
  if (typeof plan !== 'object' || plan === null) return [];
  return Object.entries(plan).flatMap(([key, value]) => {
    if (key === 'rejectedPlans' || key === 'command') return [];
    return key === 'stage' ? [String(value)] : stagesOf(value);
  });
}

/** How many documents were looked at and how many were the answer, over all parts of a plan that was run. */
export function workOf(plan: unknown): { examined: number; returned: number } {
  const stats = findStats(plan);
  return { examined: Number(stats?.['totalDocsExamined']), returned: Number(stats?.['nReturned']) };
}

function findStats(plan: unknown): Record<string, unknown> | undefined {
  if (typeof plan !== 'object' || plan === null) return undefined;
  if ('totalDocsExamined' in plan) return plan as Record<string, unknown>;
  for (const part of Object.values(plan)) {
    const found = findStats(part);
    if (found) return found;
  }
  return undefined;
}
