import type { PlanAnswer } from '../../src/contract/uploads.js';
import { VitrineError } from '../../src/shared/errors.js';
import { ARTIFACT_LIMITS, type ArtifactLimits } from '../../src/uploads/limits.js';
import { type ArtifactFile, manifestRoot, parseManifest } from '../../src/uploads/manifest.js';
import { malformed, type ManifestDifference, type PackMeta } from '../../src/uploads/pack.js';
import {
  contentKey,
  indicesOf,
  keyOf,
  missingAfter,
  missingContents,
  missingRanges,
  type PendingUpload,
  toRanges,
  type UploadPlan,
} from '../../src/uploads/plan.js';
import type { ArtifactId, ArtifactStore, BlobStore, StoredArtifact } from '../../src/uploads/store.js';

interface PackHead {
  readonly upload: { readonly projectId: string; readonly limits?: ArtifactLimits };
  readonly meta: PackMeta;
}

/** The manifest of the upload: known since its first pack, or made from a base and what this pack says. */
export async function pendingUploadOf(
  ports: UploadPorts,
  { upload, meta }: PackHead,
): Promise<PendingUpload> {
  const { projectId, limits = ARTIFACT_LIMITS } = upload;
  const { root, manifest: difference } = meta;
  const known = await ports.artifacts.findByRoot({ projectId, root });
  if (known !== null) return known;
  if (difference === null) throw startAgain('its first pack is missing');
  const { kept, proven } = await takenOver(ports, { projectId, difference });
  const added = difference.entries.map(([path, hash, size]) => ({ path, hash, size }));
  const { files } = parseManifest({ files: [...kept, ...added] }, limits).manifest;
  if (manifestRoot(files) !== root) throw startAgain('its files do not have the root it names');
  if (files.length === 0) throw empty();
  const pending = { files, owed: missingRanges(files, proven) };
  await ports.artifacts.save({ projectId, root, ...pending, complete: false });
  return pending;
}

interface TakenOver {
  readonly kept: readonly ArtifactFile[];
  /** Those of them whose content has arrived with the base. */
  readonly proven: readonly ArtifactFile[];
}

async function takenOver(
  { artifacts }: UploadPorts,
  { projectId, difference }: { readonly projectId: string; readonly difference: ManifestDifference },
): Promise<TakenOver> {
  if (difference.base === null) return { kept: [], proven: [] };
  const base = await artifacts.findByRoot({ projectId, root: difference.base });
  if (base === null) throw startAgain('the upload it builds on is gone');
  const indices = indicesOf(difference.kept, base.files.length);
  if (indices === null) throw malformed('it keeps files that its base does not have');
  const kept = indices.flatMap((index) => base.files[index] ?? []);
  const missing = missingContents(base);
  return { kept, proven: kept.filter((file) => !missing.has(contentKey(file))) };
}

interface Arrival {
  readonly id: ArtifactId;
  readonly pending: PendingUpload;
  readonly meta: PackMeta;
}

/** Packs of one upload that come in at once; the Action sends one after the other. */
const AT_ONCE = 10;

/** Records what arrived. When another pack was recorded first, this reads the artifact again. */
export async function recordArrived(
  { artifacts }: UploadPorts,
  { id, pending, meta }: Arrival,
): Promise<void> {
  const arrived = [...meta.text, ...meta.raw].map(([hash, size]) => ({ hash, size }));
  let seen: PendingUpload | null = pending;
  for (let round = 0; round < AT_ONCE; round += 1) {
    if (seen?.owed === undefined || seen.owed.length === 0) return;
    const to = missingAfter(seen, arrived);
    if (await artifacts.replaceOwed(id, { from: seen.owed, to })) return;
    seen = await artifacts.findByRoot(id);
  }
  throw startAgain('too many packs of this upload came in at once');
}

function empty(): VitrineError {
  return new VitrineError(
    'bad_request',
    'The upload was refused: it has no files to publish. Check the output directory.',
  );
}

/** The same code as a damaged pack: for the client both mean to ask once more, in the end without a base. */
function startAgain(reason: string): VitrineError {
  return new VitrineError('unprocessable', `The pack was refused: ${reason}. Ask again what is missing.`);
}

export interface UploadPorts {
  readonly blobs: BlobStore;
  readonly artifacts: ArtifactStore;
}

interface PlanInput {
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
  const missing = match?.missing ?? new Set();
  const isOurs = (file: ArtifactFile) => !missing.has(contentKey(file));
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
  readonly missing: ReadonlySet<string>;
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
    missing: missingContents(base),
  };
}

function indicesWhere<Item>(items: readonly Item[], wanted: (item: Item) => boolean): PlanAnswer['entries'] {
  return mutable(toRanges(items.flatMap((item, index) => (wanted(item) ? [index] : []))));
}

function mutable(ranges: ReturnType<typeof toRanges>): PlanAnswer['kept'] {
  return ranges.map(([first, count]) => [first, count]);
}
