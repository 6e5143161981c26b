/**
 * Bundles the Action into dist/: `npm run bundle`. The result is CommonJS, because an ES module costs a runner on Node 24 twenty
 * milliseconds more at each start. The bundle is the same byte for byte on every machine.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { minify } from '@swc/core';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const DIST = join(ROOT, 'dist');
/** Has no side effects when it is loaded, but its manifest does not declare that. */
const SIDE_EFFECT_FREE = '@actions/core';

await mkdir(join(ROOT, 'build'), { recursive: true });
const work = await mkdtemp(join(ROOT, 'build', 'bundle-'));
// ncc derives module ids from paths relative to this directory, which must be the same on every machine.
process.chdir(work);
try {
  await compile();
  await declareSideEffectFree();
  await write(await bundle());
} finally {
  await rm(work, { recursive: true, force: true });
}

/** Compiles only the files that the Action imports, so that errors in other files do not stop the bundle. */
async function compile() {
  const config = {
    extends: join(ROOT, 'tsconfig.json'),
    compilerOptions: { noEmit: false, outDir: join(work, 'out'), rootDir: ROOT, sourceMap: false },
    include: [],
    files: [join(ROOT, 'action', 'main.ts')],
  };
  await writeFile(join(work, 'tsconfig.json'), JSON.stringify(config));
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const result = spawnSync(process.execPath, [compiler, '-p', work], { cwd: ROOT, stdio: 'inherit' });
  if (result.status !== 0) throw new Error('The Action has type errors; fix them first.');
}

/**
 * Makes a copy that declares it, so that unused parts of the toolkit are left out. Most of them are the HTTP client of functions that the
 * Action does not call, and loading it takes longer than all the rest of a run.
 */
async function declareSideEffectFree() {
  const copy = join(work, 'node_modules', SIDE_EFFECT_FREE);
  await cp(join(ROOT, 'node_modules', SIDE_EFFECT_FREE), copy, { recursive: true });
  const manifest = JSON.parse(await readFile(join(copy, 'package.json'), 'utf8'));
  await writeFile(join(copy, 'package.json'), JSON.stringify({ ...manifest, sideEffects: false }));
}

async function bundle() {
  const ncc = createRequire(import.meta.url)('@vercel/ncc');
  const options = {
    esm: false,
    minify: true,
    cache: false,
    license: 'licenses.txt',
    target: 'es2022',
    quiet: true,
  };
  return ncc(join(work, 'out', 'action', 'main.js'), options);
}

async function write({ code, assets }) {
  await rm(DIST, { recursive: true, force: true });
  await mkdir(DIST, { recursive: true });
  await writeFile(join(DIST, 'index.js'), code);
  for (const [name, { source }] of Object.entries(assets))
    await writeFile(join(DIST, name), await small(name, source));
  await writeFile(join(DIST, 'package.json'), `${JSON.stringify({ type: 'commonjs' })}\n`);
}

/** ncc minifies only the entry, not the parts that are loaded later. */
async function small(name, source) {
  if (!name.endsWith('.js')) return source;
  return (await minify(String(source), { compress: true, mangle: true, module: false })).code;
}
