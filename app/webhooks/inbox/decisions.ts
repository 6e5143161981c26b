import type { DeliveryDecision } from '../../../src/deliveries/store.js';

/** Probot's handlers return nothing, so what they decide is left here under the delivery's id. */
export function createDecisions() {
  const made = new Map<string, DeliveryDecision>();
  return {
    record(guid: string, decision: DeliveryDecision): void {
      made.set(guid, decision);
    },
    take(guid: string): DeliveryDecision | undefined {
      const decision = made.get(guid);
      made.delete(guid);
      return decision;
    },
  };
}

export type Decisions = ReturnType<typeof createDecisions>;
