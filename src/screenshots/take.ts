import { type Environment, isActive, isUnwell } from '../environments/model.js';
import type { EnvironmentPorts, HeldClaim, StoredEnvironment } from '../environments/store.js';
import { messageOf } from '../shared/errors.js';
import { hashBytes } from '../shared/hash.js';
import { addressesOf } from '../shared/reach.js';
import type { Tools } from '../shared/tools.js';
import type { BlobPorts, OtherBlobPorts, ArtifactPorts } from '../uploads/store.js';
import { removeScreenshots } from './remove.js';
import {
  type Comparison,
  PAGE_SIZE,
  type PageView,
  type PhotographerPorts,
  type PhotographOrder,
  type Picture,
  type Screenshot,
  type ScreenshotPorts,
} from './screenshot.js';

type Ports = EnvironmentPorts &
  ScreenshotPorts &
  PhotographerPorts &
  BlobPorts &
  ArtifactPorts &
  OtherBlobPorts &
  Pick<Tools, 'clock' | 'log' | 'newId'>;

type Current = NonNullable<Environment['current']>;

/** A program that has just become live may need a moment for its first page. */
const AGAIN_MS = 15_000;
const TRIES = 4;

/** So many of an environment are kept. */
const KEPT = 20;

interface Outcome {
  readonly retryInMs?: number;
  readonly error?: string;
}

/**
 * Photographs what an environment shows, compares it with what it showed before, and lets GitHub be told. Nothing waits for it: what cannot be
 * photographed has a reason instead of a picture.
 */
export async function takeScreenshot(ports: Ports, claim: HeldClaim): Promise<Outcome> {
  const { environment } = claim;
  const { current } = environment;
  if (!isActive(environment) || current === null) return {};
  if ((await ports.screenshots.ofDeployment(current.deploymentId)) !== null) return {};
  const isLast = environment.due.screenshot.attempts + 1 >= TRIES;
  const obstacle = obstacleOf(environment);
  if (obstacle !== null && !isLast) return { retryInMs: AGAIN_MS, error: obstacle };
  const photograph =
    obstacle === null
      ? await ports.photographer.photograph(await orderOf(ports, { environment, current }))
      : { reason: obstacle, again: false };
  if (!(await claim.held()) || !(await isStillLive(ports, environment))) return {};
  if ('page' in photograph) {
    await keep(ports, { environment, current, photograph });
    return {};
  }
  if (photograph.again && !isLast) return { retryInMs: AGAIN_MS, error: photograph.reason };
  const { reason } = photograph;
  ports.log('info', 'a preview was not photographed', { environment: environment.slug, reason });
  await save(ports, environment, { ...aboutOf(ports, environment, current), reason });
  return {};
}

/** Why it is not photographed now. */
function obstacleOf({ health, asleep }: Environment): string | null {
  if (asleep) return 'No picture was taken: it sleeps, and a picture does not wake it.';
  return isUnwell(health) ? 'No picture was taken: it does not answer as it should.' : null;
}

async function orderOf(
  { admit }: Ports,
  { environment, current: { url, reach } }: Pick<Kept, 'environment' | 'current'>,
): Promise<PhotographOrder> {
  const others = addressesOf(reach).map((address) => address.url);
  const isOurs = reach.kind !== 'elsewhere';
  const hosts = isOurs ? [url, ...others] : [];
  const cookies = await Promise.all(hosts.map((host) => admit(environment, host)));
  return { url, others, isOurs, cookies: cookies.filter((cookie) => cookie !== null) };
}

/** A newer deployment is live, or the preview is removed: this picture would show neither. */
async function isStillLive({ environments }: Ports, seen: StoredEnvironment): Promise<boolean> {
  const now = await environments.get(seen.id);
  return now !== null && isActive(now) && now.current?.deploymentId === seen.current?.deploymentId;
}

function aboutOf(
  { clock, newId }: Ports,
  { id: environmentId, projectId, generation }: StoredEnvironment,
  { deploymentId, sha }: Current,
): Screenshot {
  return {
    ...{ id: newId(), projectId, environmentId, deploymentId, generation, sha },
    ...{ taken: null, reason: null, comparison: null, recordedAt: clock.now() },
  };
}

interface Kept {
  readonly environment: StoredEnvironment;
  readonly current: Current;
  readonly photograph: { readonly page: Buffer; readonly thumbnail: Buffer };
}

async function keep(ports: Ports, { environment, current, photograph }: Kept): Promise<void> {
  const about = aboutOf(ports, environment, current);
  const page = await keepPicture(ports, photograph.page);
  const thumbnail = await keepPicture(ports, photograph.thumbnail);
  const before = await ports.screenshots.latestTaken(environment.id, current.deploymentId);
  const comparison = before && (await compare(ports, { before, after: { page, thumbnail } }));
  const taken = { at: about.recordedAt, ...PAGE_SIZE, page, thumbnail };
  await save(ports, environment, { ...about, taken, comparison });
  await ports.environments.markDue(environment.id, 'report');
}

async function keepPicture({ blobs }: Ports, bytes: Uint8Array): Promise<Picture> {
  const picture = { hash: hashBytes(bytes), size: bytes.length };
  await blobs.write({ ...picture, content: [bytes] });
  return picture;
}

interface Pair {
  readonly before: Screenshot;
  readonly after: PageView;
}

/** The picture counts without a comparison too. */
async function compare(ports: Ports, { before, after }: Pair): Promise<Comparison | null> {
  const { deploymentId, sha, taken } = before;
  if (taken === null) return null;
  const about = { deploymentId, sha, before: { page: taken.page, thumbnail: taken.thumbnail } };
  if (taken.page.hash === after.page.hash) return { ...about, changedShare: 0, difference: null };
  try {
    const [left, right] = await Promise.all([taken, after].map(({ page }) => ports.blobs.readAll(page.hash)));
    if (!left || !right) return null;
    const { changedShare, difference } = await ports.comparePictures({ before: left, after: right });
    return { ...about, changedShare, difference: difference && (await keepPicture(ports, difference)) };
  } catch (error) {
    ports.log('warn', 'two pictures could not be compared', {
      deployment: deploymentId,
      error: messageOf(error),
    });
    return null;
  }
}

/** A preview that was removed at this moment has had its pictures removed already: this one goes too. */
async function save(ports: Ports, environment: StoredEnvironment, screenshot: Screenshot): Promise<void> {
  await ports.screenshots.save(screenshot);
  const now = await ports.environments.get(environment.id);
  const isGone = now === null || !isActive(now);
  await removeScreenshots(ports, { environmentId: environment.id, keep: isGone ? 0 : KEPT });
}
