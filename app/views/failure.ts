import type { Deployment } from '../../src/domain/deployment.js';
import { failedStage } from './stage-rows.js';

export interface Failure {
  /** `while building`; empty when no stage is to blame. */
  readonly during: string;
  readonly error: string | null;
  /** The last lines of the log, whole lines only. */
  readonly log: string | null;
}

/** Of a log of any length, the last lines that fit. Who needs more follows the link. */
export function failureOf(
  deployment: Deployment | null,
  room: { readonly lines: number; readonly characters: number },
): Failure {
  const stage = failedStage(deployment);
  return {
    during: stage ? `while ${stage.name}` : '',
    error: deployment?.error ?? stage?.error ?? null,
    log: tailOf(deployment?.logTail ?? [], room),
  };
}

function tailOf(lines: readonly string[], room: { lines: number; characters: number }): string | null {
  const kept: string[] = [];
  let left = room.characters;
  for (const line of lines.slice(-room.lines).reverse()) {
    const short = Array.from(line.slice(0, 2_000)).slice(0, 500).join('');
    left -= short.length + 1;
    if (left < 0) break;
    kept.unshift(short);
  }
  return kept.length === 0 ? null : kept.join('\n');
}
