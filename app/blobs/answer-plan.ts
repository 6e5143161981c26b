import { VitrineError } from '../../src/shared/errors.js';
import type { ArtifactFile } from '../../src/uploads/manifest.js';
import {
  contentKey,
  keyOf,
  owedKeys,
  type PlanAnswer,
  toRanges,
  type UploadPlan,
} from '../../src/uploads/plan.js';
import type { ArtifactStore, BlobStore, StoredArtifact } from '../../src/uploads/store.js';

export interface UploadPorts {
  readonly blobs: BlobStore;
  readonly artifacts: ArtifactStore;
}

export interface PlanInput {
  readonly projectId: string;
  readonly plan: UploadPlan;
}

/** How many older uploads are looked at, and how much of the new one must be in one of them to stop looking. */
const CANDIDATES = 8;
const CLOSE_ENOUGH = 0.9;

/** Turn 1: what of this upload the server lacks. Asked again after a break, it names only what is still missing. */
export async function answerPlan(ports: UploadPorts, { projectId, plan }: PlanInput): Promise<PlanAnswer> {
  const known = await ports.artifacts.findByRoot({ projectId, root: plan.root });
  const match = known === null ? await closest(ports, { projectId, plan }) : matchBase(known, plan.keys);
  if (known !== null && match?.files.some((file) => file === null) === true) {
    throw new VitrineError(
      'bad_request',
      'The upload plan names a root that its keys do not have: deploy again.',
    );
  }
  const files = match?.files ?? Array.from(plan.keys, () => null);
  const owed = match?.owed ?? new Set();
  const isOurs = (file: ArtifactFile) => !owed.has(contentKey(file));
  const present = await ports.blobs.has(files.filter((file) => file !== null).filter(isOurs));
  return {
    root: plan.root,
    known: known !== null,
    base: match?.root ?? null,
    kept: [...(match?.kept ?? [])].map(([first, count]) => [first, count]),
    entries: indicesWhere(files, (file) => file === null),
    blobs: indicesWhere(files, (file) => file === null || !isOurs(file) || !present.has(file.hash)),
  };
}

interface BaseMatch {
  readonly root: string;
  /** The file behind each key of the plan; null when the base does not have it. */
  readonly files: readonly (ArtifactFile | null)[];
  readonly kept: PlanAnswer['kept'];
  readonly matched: number;
  /** Contents that the base itself still waits for. */
  readonly owed: ReadonlySet<string>;
}

async function closest(
  { artifacts }: UploadPorts,
  { projectId, plan }: PlanInput,
): Promise<BaseMatch | null> {
  let best: BaseMatch | null = null;
  if (plan.base === 'none') return best;
  for await (const candidate of artifacts.latest(projectId, CANDIDATES)) {
    const match = matchBase(candidate, plan.keys);
    if (match.matched > (best?.matched ?? 0)) best = match;
    if (match.matched >= plan.keys.length * CLOSE_ENOUGH) break;
  }
  return best;
}

function matchBase(base: StoredArtifact, keys: BigUint64Array): BaseMatch {
  const positions = new Map<bigint, number>();
  for (const [index, key] of keys.entries()) positions.set(key, index);
  const files = Array.from<unknown, ArtifactFile | null>(keys, () => null);
  const kept: number[] = [];
  for (const [index, file] of base.files.entries()) {
    const position = positions.get(keyOf(file));
    if (position === undefined) continue;
    files[position] = file;
    kept.push(index);
  }
  return {
    root: base.root,
    files,
    kept: mutable(toRanges(kept)),
    matched: kept.length,
    owed: owedKeys(base),
  };
}

function indicesWhere<Item>(items: readonly Item[], wanted: (item: Item) => boolean): PlanAnswer['entries'] {
  return mutable(toRanges(items.flatMap((item, index) => (wanted(item) ? [index] : []))));
}

function mutable(ranges: ReturnType<typeof toRanges>): PlanAnswer['kept'] {
  return ranges.map(([first, count]) => [first, count]);
}
