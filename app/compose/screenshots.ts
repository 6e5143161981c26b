import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newGrant, sealGrant } from '../../src/access/grant.js';
import { accessRuleOf } from '../../src/repositories/preview-access.js';
import type { SealPorts } from '../../src/secrets/envelope.js';
import type { PreviewBase } from '../../src/shared/preview-url.js';
import type { Clock } from '../../src/shared/tools.js';
import type { PhotographerPorts } from '../../src/screenshots/screenshot.js';
import type { OtherBlobs } from '../../src/uploads/store.js';
import { digestOf, hashOf } from '../../src/images/name.js';
import type { Config } from '../config/config.js';
import { projectRoot } from '../config/project-root.js';
import { createCookies } from '../http/cookies.js';
import type { Stores } from '../ports.js';
import { createComparer } from '../screenshots/comparer.js';
import { createPhotographer, findChromium, type PhotographerOptions } from '../screenshots/photographer.js';
import type { Overrides } from './overrides.js';

type Settings = Pick<Config, 'screenshots' | 'allowPrivateAddresses'>;

export function photographerOptions({ screenshots, ...config }: Settings): PhotographerOptions | null {
  if (screenshots === null) return null;
  return { ...screenshots, dir: tmpdir(), allowPrivateAddresses: config.allowPrivateAddresses };
}

/** What photographs previews and compares the pictures; null where the operator does not want it. */
export function composeScreenshots({
  config,
  overrides,
  ...given
}: AdmitParts & {
  readonly config: Settings;
  readonly overrides: Pick<Overrides, 'photographs'>;
}): PhotographerPorts | null {
  const options = photographerOptions(config);
  if (options === null) return null;
  return {
    photographer: createPhotographer({ ...options, limits: overrides.photographs }),
    admit: createAdmission(given),
    comparePictures: createComparer(join(projectRoot(), 'build/app/screenshots/compare-thread.js')),
  };
}

interface AdmitParts extends SealPorts {
  readonly stores: Pick<Stores, 'repos' | 'projects' | 'previewPasswords'>;
  readonly previewBase: PreviewBase;
  readonly clock: Clock;
}

/** Lets the browser of this server into protected previews, as it lets in visitors who have shown that they may come. */
function createAdmission({ stores, previewBase, clock, seal }: AdmitParts): PhotographerPorts['admit'] {
  const cookies = createCookies(`${previewBase.protocol}:`);
  return async (environment, url) => {
    const rule = await accessRuleOf(stores, environment);
    if (rule === null) return null;
    const label = new URL(url).hostname.slice(0, -`.${previewBase.domain}`.length);
    const key = rule.passwordVersion ?? 'screenshot';
    const grant = newGrant({ label, by: rule.mode, key, rule, now: clock.now() });
    const [pair = ''] = cookies.write('vitrine-access', sealGrant({ seal }, grant), 0).split(';');
    const [name = '', value = ''] = pair.split(/=(.*)/s, 2);
    return { url, name, value };
  };
}

/** What the operator should know at the start; null where there is nothing to tell. */
export async function screenshotWarning({
  screenshots,
}: Pick<Config, 'screenshots'>): Promise<string | null> {
  if (screenshots === null || (await findChromium(screenshots)) !== null) return null;
  const { chromium } = screenshots;
  const where = chromium === undefined ? 'none is in the folders of PATH' : `there is none at ${chromium}`;
  return `SCREENSHOTS is on, but there is no Chromium: ${where}. Install one, or set CHROMIUM to its path.`;
}

/** What names blobs besides uploads: images, by their digests, and screenshots. */
export function createOtherBlobs({
  images,
  screenshots,
}: Pick<Stores, 'images' | 'screenshots'>): OtherBlobs {
  return {
    async *hashes() {
      for await (const digest of images.digests()) yield hashOf(digest);
      yield* screenshots.hashes();
    },
    async named(hashes) {
      const [known, pictures] = await Promise.all([
        images.known(hashes.map(digestOf)),
        screenshots.named(hashes),
      ]);
      return new Set([...[...known].map(hashOf), ...pictures]);
    },
  };
}
