import type { StoredEnvironment } from '../environments/store.js';
import type { PictureAddressPorts, PictureName } from '../screenshots/picture-address.js';
import type { Screenshot, ScreenshotPorts } from '../screenshots/screenshot.js';
import type { Desired } from './desired.js';
import type { PictureReport } from './reporter.js';

type Ports = ScreenshotPorts & PictureAddressPorts;

/** Adds the pictures of what is live to the comment. They come a moment after the preview, and the comment changes once more then. */
export async function withPictures(
  ports: Ports,
  { desired, siblings }: { readonly desired: Desired; readonly siblings: readonly StoredEnvironment[] },
): Promise<Desired> {
  const { comment } = desired;
  if (comment === null) return desired;
  // A comment has more readers than a preview whose visitors need a password.
  const shown = comment.situations.filter(({ protection }) => protection.access !== 'password');
  const live = shown.flatMap(({ project, environment, liveUrl }) => {
    const sibling = siblings.find((one) => one.project === project && one.name === environment);
    return liveUrl !== null && sibling?.current ? [{ project, id: sibling.current.deploymentId }] : [];
  });
  const found = await Promise.all(
    live.map(async ({ project, id }) => {
      const screenshot = await ports.screenshots.ofDeployment(id);
      return screenshot?.taken ? reportOf(ports, { project, screenshot }) : null;
    }),
  );
  const pictures = found.filter((one) => one !== null);
  return pictures.length === 0 ? desired : { ...desired, comment: { ...comment, pictures } };
}

function reportOf(
  { pictureAddresses }: Ports,
  { project, screenshot }: { readonly project: string; readonly screenshot: Screenshot },
): PictureReport {
  const { id, comparison } = screenshot;
  const urlOf = (file: PictureName['file']) => pictureAddresses.urlOf({ id, file });
  return {
    project,
    pageUrl: urlOf('page.png'),
    thumbnailUrl: urlOf('thumbnail.jpg'),
    comparison: comparison && {
      sha: comparison.sha,
      changedShare: comparison.changedShare,
      beforeUrl: urlOf('before.png'),
      beforeThumbnailUrl: urlOf('before-thumbnail.jpg'),
      differenceUrl: comparison.difference && urlOf('difference.png'),
    },
  };
}
