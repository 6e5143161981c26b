import type { Deployment } from '../../../src/deployments/model.js';
import type { Stage, StageName } from '../../../src/shared/status/stages.js';
import { S, type StageStatus } from '../../../src/shared/status/words.js';
import { showSpan } from '../../../src/shared/time.js';

export interface StageRow {
  readonly emoji: string;
  readonly name: string;
  readonly outcome: string;
  readonly time: string;
}

const OUTCOMES: Readonly<Record<StageStatus, { readonly emoji: string; readonly outcome: string }>> = {
  [S.pending]: { emoji: '▫️', outcome: 'Next' },
  [S.inProgress]: { emoji: '🔨', outcome: 'Running' },
  [S.completed]: { emoji: '✅', outcome: 'Done' },
  [S.failed]: { emoji: '❌', outcome: 'Failed' },
  [S.cancelled]: { emoji: '⏹️', outcome: 'Stopped' },
  [S.skipped]: { emoji: '➖', outcome: 'Nothing to do' },
};

const NAMES: Readonly<Record<StageName, string>> = {
  cloning: 'Cloning',
  checkout: 'Checking out',
  installing: 'Installing',
  building: 'Building',
  copying: 'Copying',
  deploying: 'Deploying',
  verifying: 'Verifying',
};

/** The stages that have begun. Those that a run never reports would only puzzle. */
export function stageRows(deployment: Deployment | null): StageRow[] {
  const begun =
    deployment?.stages.filter((stage) => stage.startedAt !== null || stage.status === S.failed) ?? [];
  return begun.map((stage) => ({
    ...OUTCOMES[stage.status],
    name: NAMES[stage.name],
    time: stage.status === S.skipped ? '' : (showSpan(stage.startedAt, stage.completedAt) ?? ''),
  }));
}

export function failedStage(deployment: Deployment | null): Stage | undefined {
  return deployment?.stages.find((stage) => stage.status === S.failed);
}
