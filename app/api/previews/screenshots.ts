import type {
  PictureFile,
  readPicture,
  screenshots,
  ScreenshotView,
} from '../../../src/contract/screenshots.js';
import { pictureOf } from '../../../src/screenshots/picture-address.js';
import type { Screenshot } from '../../../src/screenshots/screenshot.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { sendStream } from '../../http/text-stream.js';
import type { Ports } from '../../ports.js';
import { DirectAnswer, found, type Handler, type Handlers, pageOf } from '../handler.js';

/** What is removed here may stay so long in a cache elsewhere, such as GitHub's. */
const CACHED_SECONDS = 60 * 60;

const TYPES = { png: 'image/png', jpg: 'image/jpeg' } as const;

const sendPicture: Handler<typeof readPicture> = async (ports, { params: { id, file }, query }) => {
  if (!ports.pictureAddresses.isSigned({ id, file }, query.signature)) throw noPicture();
  const screenshot = await ports.screenshots.get(id);
  const picture = screenshot && pictureOf(screenshot, file);
  if (!picture || (await ports.blobs.size(picture.hash)) !== picture.size) throw noPicture();
  return new DirectAnswer(async (response, headers) => {
    const all = {
      // Other sites show it, such as GitHub.
      'cross-origin-resource-policy': 'cross-origin',
      'cache-control': `public, max-age=${String(CACHED_SECONDS)}`,
      // A browser that shows a picture alone styles its page itself.
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox",
      'content-type': TYPES[file.endsWith('.png') ? 'png' : 'jpg'],
      'content-length': String(picture.size),
      etag: `"${picture.hash}"`,
      ...headers,
    };
    await sendStream(response, { headers: all, parts: ports.blobs.read(picture.hash) });
  });
};

/** A wrong signature and a picture that was removed look alike. */
function noPicture(): VitrineError {
  return new VitrineError(
    'not_found',
    'There is no such picture: it was removed, or its address is not whole.',
  );
}

export const screenshotHandlers: Handlers<typeof screenshots> = {
  async listScreenshots(ports, { params, query }) {
    const { id } = found(await ports.environments.get(params.id), 'environment');
    const { items, nextCursor } = await ports.screenshots.listOf(id, pageOf(query));
    return { items: items.map((one) => presentScreenshot(ports, one)), nextCursor };
  },

  async getScreenshot(ports, { params }) {
    return presentScreenshot(ports, found(await ports.screenshots.ofDeployment(params.id), 'screenshot'));
  },

  readPicture: sendPicture,
};

function presentScreenshot({ pictureAddresses }: Ports, screenshot: Screenshot): ScreenshotView {
  const { id, environmentId, deploymentId, generation, sha, taken, reason, comparison } = screenshot;
  const urlOf = (file: PictureFile) => pictureAddresses.urlOf({ id, file });
  return {
    ...{ id, environmentId, deploymentId, generation, sha, reason },
    picture: taken && {
      takenAt: taken.at.toISOString(),
      ...{ width: taken.width, height: taken.height },
      ...{ bytes: taken.page.size, sha256: taken.page.hash },
      url: urlOf('page.png'),
      thumbnailUrl: urlOf('thumbnail.jpg'),
    },
    comparison: comparison && {
      ...{ deploymentId: comparison.deploymentId, sha: comparison.sha },
      ...{ changed: comparison.changedShare > 0, changedShare: comparison.changedShare },
      beforeUrl: urlOf('before.png'),
      beforeThumbnailUrl: urlOf('before-thumbnail.jpg'),
      differenceUrl: comparison.difference && urlOf('difference.png'),
    },
    recordedAt: screenshot.recordedAt.toISOString(),
  };
}
