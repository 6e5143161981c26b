import type { Deployment } from '../deployments/model.js';
import { type RunRef, sameRun } from '../shared/run-ref.js';

/** What a deployment says whose run ended, or seems to have ended, without a word of its own. */
export const SILENT_END = {
  fail: 'The workflow run ended without reporting a result: see its log on GitHub.',
  cancel: 'The workflow run was cancelled before it reported a result.',
  silence: 'The workflow run fell silent for 15 minutes: see its log on GitHub, then re-run it.',
} as const;

/** GitHub promises no order: what the run itself reports may be heard of after its end, and knows better. */
export function endedSilently({ run, error }: Deployment, of: RunRef): boolean {
  return sameRun(run, of) && Object.values<string | null>(SILENT_END).includes(error);
}
