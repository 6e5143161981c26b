import type { StageBody } from '../../src/contract/schemas.js';
import { S, type StageStatus } from '../../src/shared/status/words.js';

const WORDS: Readonly<Record<StageStatus, string>> = {
  [S.pending]: '▫️ Next',
  [S.inProgress]: '🔨 Running',
  [S.completed]: '✅ Done',
  [S.failed]: '❌ Failed',
  [S.cancelled]: '⏹️ Stopped',
  [S.skipped]: '➖ Not reached',
};

/** How a stage ended, as the check says it. */
export function stageWords({ status, startedAt }: Pick<StageBody, 'status' | 'startedAt'>): string {
  return status === S.skipped && startedAt !== null ? '➖ Nothing to do' : WORDS[status];
}
