import type { Deployment } from '../../../src/deployments/model.js';
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

/** Frames of a stack that lie in the runtime or in a package: where room is short they would push the message out. */
const FOREIGN_FRAME = /^\s+at .*(?:\bnode:|[/\\]node_modules[/\\])/;

function tailOf(lines: readonly string[], room: { lines: number; characters: number }): string | null {
  const kept: string[] = [];
  let left = room.characters;
  const telling = lines.length > room.lines ? lines.filter((line) => !FOREIGN_FRAME.test(line)) : lines;
  for (const line of telling.slice(-room.lines).reverse()) {
    const short = Array.from(line.slice(0, 2_000)).slice(0, 500).join('');
    left -= short.length + 1;
    if (left < 0) break;
    kept.unshift(short);
  }
  return kept.length === 0 ? null : kept.join('\n');
}
