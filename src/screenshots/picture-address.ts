import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { pathTo } from '../contract/client.js';
import { type PictureFile, readPicture } from '../contract/screenshots.js';
import type { KeyRing } from '../secrets/keys.js';
import type { Picture, Screenshot } from './screenshot.js';

/**
 * Addresses of pictures that everybody can open who has them: GitHub fetches what a comment shows without any right. Nobody can make up one,
 * and it ends with the picture.
 */
export interface PictureAddresses {
  urlOf(picture: PictureName): string;
  /** The same without the host, for pages of this server: they show pictures of their own host only. */
  pathOf(picture: PictureName): string;
  /** Whether the signature is of this picture, made with any key that this server knows. */
  isSigned(picture: PictureName, signature: string): boolean;
}

export interface PictureName {
  /** Of the screenshot. */
  readonly id: string;
  readonly file: PictureFile;
}

export interface PictureAddressPorts {
  readonly pictureAddresses: PictureAddresses;
}

/** A key for this purpose alone: whoever learned it could not open a secret with it. */
const PURPOSE = 'vitrine: addresses of pictures';

export function createPictureAddresses({
  keys,
  publicUrl,
}: {
  readonly keys: KeyRing;
  readonly publicUrl: string;
}): PictureAddresses {
  const ofKey = (id: string) =>
    Buffer.from(hkdfSync('sha256', keys.find(id)?.bytes ?? Buffer.alloc(0), '', PURPOSE, 32));
  // The current one first.
  const signing = keys.ids.map(ofKey);
  const [current = Buffer.alloc(0)] = signing;
  const pathOf = (picture: PictureName) => {
    const signature = sign(current, picture).toString('base64url');
    return pathTo(readPicture, { params: { ...picture }, query: { signature } });
  };
  return {
    pathOf,
    urlOf: (picture) => `${publicUrl}${pathOf(picture)}`,
    isSigned(picture, signature) {
      const given = Buffer.from(signature, 'base64url');
      return signing
        .map((key) => sign(key, picture))
        .some((right) => right.length === given.length && timingSafeEqual(right, given));
    },
  };
}

function sign(key: Buffer, { id, file }: PictureName): Buffer {
  return createHmac('sha256', key).update(`${id}/${file}`).digest();
}

/** The picture behind a name; null when the screenshot has none. */
export function pictureOf({ taken, comparison }: Screenshot, file: PictureFile): Picture | null {
  const pictures: Readonly<Record<PictureFile, Picture | null | undefined>> = {
    'page.png': taken?.page,
    'thumbnail.jpg': taken?.thumbnail,
    'before.png': comparison?.before.page,
    'before-thumbnail.jpg': comparison?.before.thumbnail,
    'difference.png': comparison?.difference,
  };
  return pictures[file] ?? null;
}
