import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { toJavaScript } from './to-javascript.js';

const GLOBALS = new URL('./globals.js', import.meta.url).href;
const isTypeScript = (url) => /^file:.*\.ts(\?.*)?$/.test(url ?? '');

/** What a TypeScript file calls `./a.js` is `./a.ts`. */
export async function resolve(specifier, context, next) {
  if (specifier === '@jest/globals') return { url: GLOBALS, format: 'module', shortCircuit: true };
  if (/^\.{1,2}\/.*\.js$/.test(specifier) && isTypeScript(context.parentURL)) {
    const url = new URL(`${specifier.slice(0, -2)}ts`, context.parentURL);
    if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!isTypeScript(url)) return next(url, context);
  const path = fileURLToPath(url);
  const { code } = toJavaScript(await readFile(path, 'utf8'), { path, sourceMaps: 'inline' });
  return { format: 'module', source: code, shortCircuit: true };
}
