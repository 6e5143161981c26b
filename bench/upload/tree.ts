import { createCipheriv } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { prose } from './words.js';

export interface TreeSize {
  readonly pages: number;
  readonly bundles: number;
  readonly images: number;
}

/** 5,000 files and 98.7 MB in the full size, as a documentation site with many pictures has. */
export const TREE_SIZES: Readonly<Record<'full' | 'short', TreeSize>> = {
  full: { pages: 3000, bundles: 1200, images: 800 },
  short: { pages: 120, bundles: 48, images: 32 },
};

/** The site as it was first, with one page edited, and then with one file in a hundred changed. */
export const VERSIONS = ['first deploy', 'one page', '1 %'] as const;
export type Version = (typeof VERSIONS)[number];

interface TreeFile {
  readonly path: string;
  readonly content: () => Buffer;
}

const PAGE_BYTES = 8_400;
const BUNDLE_BYTES = 13_400;
const IMAGE_BYTES = 70_540;

export async function writeTree(
  folder: string,
  { size, version }: { size: TreeSize; version: Version },
): Promise<void> {
  const files = filesOf(size, version);
  for (const parent of new Set(files.map(({ path }) => dirname(join(folder, path)))))
    await mkdir(parent, { recursive: true });
  for (const { path, content } of files) await writeFile(join(folder, path), content());
}

/** Paths of the version, for those who ask for all of them. */
export function pathsOf(size: TreeSize, version: Version): string[] {
  return filesOf(size, version).map(({ path }) => path);
}

/** What the version changed against the one before; the least that must be sent. */
export function changedContent(size: TreeSize, version: Version): Buffer {
  const earlier = VERSIONS[VERSIONS.indexOf(version) - 1];
  const known = new Set(
    earlier === undefined ? [] : filesOf(size, earlier).map(({ content }) => content().toString('latin1')),
  );
  const changed = filesOf(size, version).map(({ content }) => content());
  return Buffer.concat(changed.filter((content) => !known.has(content.toString('latin1'))));
}

function filesOf({ pages, bundles, images }: TreeSize, version: Version): TreeFile[] {
  const edits = editsOf({ pages, bundles, images }, version);
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
  return [
    { path: 'index.html', content: () => Buffer.from(page(0, 0)) },
    ...numbers(pages - 1).map((index) => ({
      path: `section-${index % 40}/page-${index}.html`,
      content: () => Buffer.from(page(index + 1, edits.page(index))),
    })),
    ...numbers(bundles).map((index) => ({
      path: `assets/chunk-${index}-${(7919 * (index + 1) + edits.bundle(index)).toString(36)}.js`,
      content: () => Buffer.from(bundle(index, edits.bundle(index))),
    })),
    ...numbers(images).map((index) => ({
      path: `images/picture-${index}.png`,
      content: () => image(index, edits.image(index)),
    })),
  ];
}

/** 0 for what is as it was, 1 and 2 for what the second and third version changed. */
function editsOf({ pages, bundles, images }: TreeSize, version: Version) {
  const percent = version === '1 %';
  const among = (count: number, share: number) => (index: number) =>
    percent && index < Math.ceil(count * share) ? 2 : 0;
  const pagesAlso = among(pages, 0.01);
  return {
    page: (index: number) =>
      index === 100 % (pages - 1) && version !== 'first deploy' ? 1 : pagesAlso(index),
    bundle: among(bundles, 0.01),
    image: among(images, 0.01),
  };
}

function page(number: number, edit: number): string {
  const text = prose(1_000 + number, PAGE_BYTES);
  const half = text.length >> 1;
  const edited = edit === 0 ? '' : `<p>${prose(90_000 + number + edit, 120)}</p>`;
  return `<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Page ${number}</title><link rel="stylesheet" href="/style.css"></head>
<body><header><nav><a href="/">Home</a> <a href="/guide">Guide</a> <a href="/api">API</a></nav></header>
<main><h1>Page ${number}</h1><p>${text.slice(0, half)}</p>${edited}<p>${text.slice(half)}</p></main><footer>Made by Vitrine</footer></body></html>\n`;
}

function bundle(number: number, edit: number): string {
  const names = prose(20_000 + number + edit * 5_000, BUNDLE_BYTES * 0.7).split(' ');
  return names
    .map((name, index) => `const ${name}${index}=e=>t(e,"${name}");`)
    .join('')
    .slice(0, BUNDLE_BYTES);
}

/** Nothing in it repeats, so nobody can compress it. */
function image(number: number, edit: number): Buffer {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(number);
  key.writeUInt32BE(edit, 4);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(IMAGE_BYTES));
}
