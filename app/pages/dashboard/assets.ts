import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ASSETS } from '../../../src/contract/dashboard/shell.js';
import { projectRoot } from '../../config/project-root.js';
import { SECURITY_HEADERS } from '../../http/respond.js';

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  readonly zipped: Buffer;
}

export interface Assets {
  /** The address of a file. It changes with the content of any of them, so that browsers may keep each for good. */
  readonly urlOf: (file: string) => string;
  readonly find: (file: string) => Asset | undefined;
  readonly isCurrent: (version: string) => boolean;
}

/** Modules of others, as a module that our pages can import: the package, and what it exports when its file is a plain script. */
const PACKAGES: Readonly<Record<string, { readonly file: string; readonly exports?: string }>> = {
  'idiomorph.js': { file: 'idiomorph/dist/idiomorph.min.js', exports: 'Idiomorph' },
  'relative-time.js': { file: '@github/relative-time-element/dist/bundle.js' },
  'anser.js': { file: 'anser/lib/index.js', exports: 'Anser' },
  'uplot.js': { file: 'uplot/dist/uPlot.esm.js' },
  'uplot.css': { file: 'uplot/dist/uPlot.min.css' },
};

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

let loaded: Assets | undefined;

/** Reads them once: templates/assets, and the files of packages. */
export function loadAssets(): Assets {
  return (loaded ??= readAssets(join(projectRoot(), 'templates/assets')));
}

function readAssets(folder: string): Assets {
  const own = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file), 'utf8')] as const);
  const theirs = Object.keys(PACKAGES).map((file) => [file, readPackage(file)] as const);
  const assets = new Map([...own, ...theirs].map(([file, text]) => [file, assetOf(file, text)]));
  const hash = createHash('sha256');
  for (const [file, { bytes }] of [...assets].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(file).update(bytes);
  const version = hash.digest('base64url').slice(0, 12);
  return {
    urlOf(file) {
      if (!assets.has(file)) throw new Error(`There is no file ${file} in templates/assets.`);
      return `${ASSETS}/${version}/${file}`;
    },
    find: (file) => assets.get(file),
    isCurrent: (given) => given === version,
  };
}

function readPackage(name: string): string {
  const { file, exports } = PACKAGES[name] ?? { file: name };
  const text = readFileSync(join(projectRoot(), 'node_modules', file), 'utf8').replace(
    /^\/\/# sourceMappingURL=.*$/gm,
    '',
  );
  if (exports === undefined) return text;
  // Idiomorph declares a variable. A CommonJS module assigns its exports, and may declare the same name itself.
  const isCommon = /\bmodule\.exports\b/.test(text);
  return isCommon
    ? `export const ${exports} = ((module) => {\n${text}\nreturn module.exports;\n})({ exports: {} });\n`
    : `${text}\nexport { ${exports} };\n`;
}

function assetOf(file: string, text: string): Asset {
  const bytes = Buffer.from(text);
  const type = TYPES[file.split('.').at(-1) ?? ''] ?? 'text/plain; charset=utf-8';
  return { type, bytes, zipped: gzipSync(bytes, { level: 9 }) };
}

interface Asked {
  readonly acceptEncoding: string;
  /** False for an address of an older or newer version of this server. */
  readonly isCurrent: boolean;
}

export function headersOf(asset: Asset, { acceptEncoding, isCurrent }: Asked) {
  const isZipped = /\bgzip\b/.test(acceptEncoding);
  const body = isZipped ? asset.zipped : asset.bytes;
  return {
    body,
    headers: {
      ...SECURITY_HEADERS,
      'content-type': asset.type,
      'content-length': String(body.length),
      'cache-control': isCurrent ? 'public, max-age=31536000, immutable' : 'no-cache',
      vary: 'accept-encoding',
      ...(isZipped && { 'content-encoding': 'gzip' }),
    },
  };
}
