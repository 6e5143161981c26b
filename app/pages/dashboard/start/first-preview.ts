import { PREVIEWS } from '../../../../src/contract/dashboard/previews.js';
import type { StoredEnvironment } from '../../../../src/environments/store.js';
import type { Ports } from '../../../ports.js';
import { type Badge, environmentBadge, shownUrl } from '../present.js';
import { type StageModel, stagesOf } from '../preview-sections.js';

/** A preview while a person waits for it. */
export interface FirstPreview {
  readonly title: string;
  readonly name: string;
  readonly href: string;
  readonly badge: Badge;
  readonly stages: readonly StageModel[];
  /** Empty until it is live. */
  readonly url: string;
  readonly shownUrl: string;
  readonly trouble: string;
}

export async function firstPreviews(
  { deployments }: Pick<Ports, 'deployments'>,
  environments: readonly StoredEnvironment[],
): Promise<readonly FirstPreview[]> {
  const ids = environments.flatMap(({ head }) => head?.deploymentId ?? []);
  const byId = new Map((await deployments.byIds(ids)).map((one) => [one.id, one]));
  return environments.map(({ id, name, pullRequest, status, current, head, error, decision }) => ({
    name,
    title: pullRequest?.title ?? name,
    href: `${PREVIEWS}/${id}`,
    badge: environmentBadge(status),
    stages: stagesOf(byId.get(head?.deploymentId ?? '') ?? null),
    url: current?.url ?? '',
    shownUrl: shownUrl(current?.url ?? ''),
    trouble: error ?? (head === null ? (decision?.detail ?? '') : ''),
  }));
}
