import type { Deployment } from '../../../src/deployments/model.js';
import type { Environment } from '../../../src/environments/model.js';

/** An earlier step of the workflow deployed it, and we only lead there: nothing of it ends when we say so. */
export function livesElsewhere({ current }: Environment, deployment: Deployment | null): boolean {
  const shown = current ?? deployment;
  return shown !== null && shown.url !== null && shown.artifactRoot === null;
}
