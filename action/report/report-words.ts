import { DEPLOYMENT } from '../../src/shared/status/deployment.js';
import {
  CHECK,
  type CheckConclusion,
  type CheckStatus,
  CONCLUSION,
  DEPLOYMENT_STATE,
  type GitHubDeploymentState,
} from '../../src/shared/status/github.js';
import { D, type DeploymentStatus } from '../../src/shared/status/words.js';

export interface ReportWords {
  readonly check: CheckStatus;
  readonly conclusion: CheckConclusion | null;
  readonly deployment: GitHubDeploymentState;
  readonly label: string;
}

/** GitHub's words for how a run stands. The words of the table, except that a step that was stopped leaves nothing behind. */
export function reportWords(status: DeploymentStatus): ReportWords {
  const { github, text } = DEPLOYMENT[status];
  const label = `${text.emoji} ${text.label}`;
  if (status === D.running) {
    return { check: CHECK.inProgress, conclusion: null, deployment: DEPLOYMENT_STATE.inProgress, label };
  }
  return {
    check: github.check,
    conclusion: github.conclusion ?? CONCLUSION.neutral,
    deployment: github.deployment,
    label,
  };
}
