import { CONCLUSION, DEPLOYMENT_STATE } from '../../../src/shared/status/github.js';

export type Tone = 'good' | 'bad' | 'busy' | 'calm';

const GOOD: readonly unknown[] = [CONCLUSION.success, DEPLOYMENT_STATE.success];
const BAD: readonly unknown[] = [
  CONCLUSION.failure,
  CONCLUSION.timedOut,
  CONCLUSION.actionRequired,
  DEPLOYMENT_STATE.error,
];
const OVER: readonly unknown[] = [
  CONCLUSION.neutral,
  CONCLUSION.skipped,
  CONCLUSION.cancelled,
  DEPLOYMENT_STATE.inactive,
];

/** The colour of a check's or a deployment's state; a state that is not final is busy. */
export function toneOf(state: string | null | undefined): Tone {
  if (GOOD.includes(state)) return 'good';
  if (BAD.includes(state)) return 'bad';
  return OVER.includes(state) ? 'calm' : 'busy';
}
