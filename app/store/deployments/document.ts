import { freshDeployment, type NewDeployment } from '../../../src/deployments/model.js';
import type { StoredDeployment } from '../../../src/deployments/store.js';
import type { DeploymentDocument } from './deployment.js';

export type VisibleDeployment = Omit<DeploymentDocument, 'sha7'>;
export const WITHOUT_SHA7 = { sha7: 0 } as const;

export function toDeployment({ _id, ...rest }: VisibleDeployment): StoredDeployment {
  return { id: _id, ...rest };
}

export function orNull(document: VisibleDeployment | null): StoredDeployment | null {
  return document && toDeployment(document);
}

export function toDocument(known: NewDeployment, now: Date): DeploymentDocument {
  const { id, ...rest } = freshDeployment(known, now);
  return { _id: id, version: 0, sha7: rest.sha.slice(0, 7), ...rest };
}
