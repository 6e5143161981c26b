import type { PictureFile } from '../../../src/contract/screenshots.js';
import { isActive } from '../../../src/environments/model.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import { type Comparison, type Screenshot, shareWords } from '../../../src/screenshots/screenshot.js';
import type { Ports } from '../../ports.js';

/** What a page shows of a photographed preview: templates/pages/partials/picture.hbs. */
export interface PictureModel {
  /** What changed, or why there is no picture. */
  readonly sentence: string;
  /** Empty without a picture. */
  readonly takenAt: string;
  /** None, one, or before, after and difference. */
  readonly views: readonly ViewModel[];
}

interface ViewModel {
  readonly small: string;
  readonly large: string;
  readonly label: string;
  /** For who cannot see it. */
  readonly alt: string;
}

type PicturePorts = Pick<Ports, 'screenshots' | 'pictureAddresses' | 'screenshotTools'>;

/** The deployment that visitors see; null where there is none. */
function liveIn(environment: StoredEnvironment): string | null {
  return isActive(environment) ? (environment.current?.deploymentId ?? null) : null;
}

/** The small pictures of a page of previews. */
export interface Thumbnails {
  /** Whether this page has room for pictures: not where none are taken. */
  readonly areShown: boolean;
  /** The address of a picture; empty where there is none. */
  readonly of: (environment: StoredEnvironment) => string;
  /** Changes with what is shown. */
  readonly version: readonly unknown[];
}

/** Asks the database once, however many previews there are. */
export async function thumbnailsOf(
  { screenshots, pictureAddresses, screenshotTools }: PicturePorts,
  environments: readonly StoredEnvironment[],
): Promise<Thumbnails> {
  const live = environments.flatMap((one) => liveIn(one) ?? []);
  const found = live.length === 0 ? [] : await screenshots.ofDeployments(live);
  const taken = new Map(found.flatMap((one) => (one.taken ? [[one.deploymentId, one] as const] : [])));
  return {
    areShown: screenshotTools !== null || taken.size > 0,
    of(environment) {
      const id = taken.get(liveIn(environment) ?? '')?.id;
      return id === undefined ? '' : pictureAddresses.pathOf({ id, file: 'thumbnail.jpg' });
    },
    version: live.map((id) => taken.get(id)?.recordedAt ?? null),
  };
}

/** What is known of the picture of a deployment. */
export interface KnownPicture {
  readonly environment: StoredEnvironment;
  /** Null where there is nothing to photograph. */
  readonly deploymentId: string | null;
  readonly screenshot: Screenshot | null;
}

/** Of what is live, unless another deployment is named. */
export async function knownPicture(
  { screenshots }: Pick<Ports, 'screenshots'>,
  environment: StoredEnvironment,
  named?: string,
): Promise<KnownPicture> {
  const deploymentId = named ?? liveIn(environment);
  const screenshot = deploymentId === null ? null : await screenshots.ofDeployment(deploymentId);
  return { environment, deploymentId, screenshot };
}

/** Changes with what a page shows of it. */
export function versionOfPicture({ environment, screenshot }: KnownPicture): readonly unknown[] {
  return [screenshot?.recordedAt ?? null, environment.due.screenshot.error];
}

/** The picture of a deployment. Of what is live, an older one where it has none itself; null where there is nothing to say. */
export async function pictureModel(ports: PicturePorts, known: KnownPicture): Promise<PictureModel | null> {
  const { environment, deploymentId, screenshot } = known;
  if (screenshot?.taken) return modelOf(ports, { screenshot, sentence: comparedWords(screenshot) });
  const isLive = deploymentId !== null && deploymentId === liveIn(environment);
  if (!isLive) return screenshot && { sentence: screenshot.reason ?? '', takenAt: '', views: [] };
  const sentence = screenshot?.reason ?? missing(ports, environment);
  const older = await ports.screenshots.latestTaken(environment.id, deploymentId);
  if (!older) return { sentence, takenAt: '', views: [] };
  const words = `${sentence} This is how it looked at ${short(older.sha)}.`;
  return modelOf(ports, { screenshot: { ...older, comparison: null }, sentence: words });
}

const OFF = 'This server takes no pictures of previews. Its operator can switch that on: SCREENSHOTS=on.';

function missing({ screenshotTools }: PicturePorts, { due }: StoredEnvironment): string {
  if (screenshotTools === null) return OFF;
  const { at, error } = due.screenshot;
  if (at === null) return 'There is no picture: it went live before pictures were taken.';
  return error === null ? 'It is photographed in a moment.' : `${error} The server tries again.`;
}

function comparedWords({ comparison }: Screenshot): string {
  if (comparison === null) return 'There is no earlier picture to compare it with.';
  const before = short(comparison.sha);
  if (comparison.changedShare === 0) return `The page looks as it did at ${before}.`;
  const share = shareWords(comparison.changedShare);
  return `${share[0]?.toUpperCase() ?? ''}${share.slice(1)} of the page changed since ${before}.`;
}

interface Shown {
  readonly screenshot: Screenshot;
  readonly sentence: string;
}

function modelOf({ pictureAddresses }: PicturePorts, { screenshot, sentence }: Shown): PictureModel {
  const { id, sha, taken, comparison } = screenshot;
  const pathOf = (file: PictureFile) => pictureAddresses.pathOf({ id, file });
  const after = { small: pathOf('thumbnail.jpg'), large: pathOf('page.png') };
  const views = comparison?.difference
    ? comparedViews({ pathOf, after, sha, comparison })
    : [{ ...after, label: `At ${short(sha)}`, alt: `The first page at ${short(sha)}` }];
  return { sentence, takenAt: taken?.at.toISOString() ?? '', views };
}

interface Compared {
  readonly pathOf: (file: PictureFile) => string;
  readonly after: Pick<ViewModel, 'small' | 'large'>;
  readonly sha: string;
  readonly comparison: Comparison;
}

function comparedViews({ pathOf, after, sha, comparison }: Compared): ViewModel[] {
  const before = { small: pathOf('before-thumbnail.jpg'), large: pathOf('before.png') };
  const difference = pathOf('difference.png');
  const [then, now] = [short(comparison.sha), short(sha)];
  return [
    { ...before, label: `Before, at ${then}`, alt: `The first page before, at ${then}` },
    { ...after, label: `After, at ${now}`, alt: `The first page after, at ${now}` },
    {
      ...{ small: difference, large: difference, label: 'Difference, in red' },
      alt: `What differs between ${then} and ${now}, in red`,
    },
  ];
}

function short(sha: string): string {
  return sha.slice(0, 7);
}
