import { Retriable } from '../http/retriable.js';
import type { World } from '../http/world.js';
import { command } from '../runner/commands.js';
import { toFailure } from './to-failure.js';

export interface Allowance {
  /** Does something that may be refused without harm. What only fails for now is thrown. */
  tryTo(step: () => Promise<void>): Promise<void>;
  /** What was refused, for the summary. */
  readonly notes: readonly string[];
}

/** For a part of the report that others can do without: a refusal is a warning, and it is not asked for again. */
export function ifAllowed(
  { print, now }: Pick<World, 'print' | 'now'>,
  { what, remedy }: { readonly what: string; readonly remedy: string },
): Allowance {
  const notes: string[] = [];
  return {
    notes,
    tryTo: async (step) => {
      if (notes.length > 0) return;
      try {
        await step();
      } catch (error) {
        const failure = toFailure(error, now());
        if (failure instanceof Retriable) throw error;
        const reason = error instanceof Error ? error.message : String(error);
        const note = `GitHub refused ${what} (${reason}). ${remedy}`;
        notes.push(note);
        print(command('warning', note, { title: 'A part of the report is missing' }));
      }
    },
  };
}
