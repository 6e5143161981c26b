import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { mongo } from 'mongoose';
import { scratch } from './scratch.js';
import { shareBrowser } from './shared-browser.js';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const FIND_DATABASE = join(ROOT, 'build/embedded-mongodb/find.js');

/** Compiles the programs that tests start, then runs one database and one browser for the whole run. */
export default async function globalSetup() {
  build();
  const { findDatabase } = await import(pathToFileURL(FIND_DATABASE).href);
  const dataDir = await scratch();
  const options = { uri: process.env.MONGODB_URI, dataDir, env: process.env, log: announce };
  try {
    // A test run should not wait for a large download when this machine has an engine already.
    const database = await findDatabase({ ...options, allowDownload: false }).catch((error) => {
      if (error.code !== 'unavailable') throw error;
      return findDatabase(options);
    });
    if (!process.env.MONGODB_URI) await closeIdleFiles(database.uri);
    process.env.TEST_MONGODB_URI = database.uri;
    process.env.TEST_APP_KEY = rsaKey();
    process.env.TEST_OIDC_KEY = rsaKey();
    process.env.TMPDIR = dataDir;
    const browser = await shareBrowser();
    process.env.TEST_BROWSER = browser.url;
    globalThis.testRun = { database, dataDir, browser };
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true });
    throw error;
  }
}

/**
 * A migrated database is a hundred and fifty files, and the engine keeps each open for ten minutes. The databases of a run would reach the
 * limit of open files, where the engine ends at once.
 */
async function closeIdleFiles(uri) {
  const client = await mongo.MongoClient.connect(uri);
  const config = 'file_manager=(close_idle_time=5,close_scan_interval=2,close_handle_minimum=250)';
  await client
    .db('admin')
    .command({ setParameter: 1, wiredTigerEngineRuntimeConfig: config })
    .finally(() => client.close());
}

function build() {
  if (process.env.VITRINE_SKIP_BUILD !== '1') compile();
  if (!existsSync(FIND_DATABASE))
    throw new Error('build/ holds no database code: run "npm run build" and repair what it reports.');
}

/** Types are not looked at, which is two thirds of the work: `npm run types` is the judge. */
function compile() {
  const compiler = join(ROOT, 'node_modules/typescript-7/bin/tsc');
  const options = ['-p', join(ROOT, 'tsconfig.build.json'), '--noCheck'];
  const result = spawnSync(process.execPath, [compiler, ...options], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout}${result.stderr}`);
  if (process.env.CI === 'true') throw new Error('The build failed; repair it first.');
}

function rsaKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}

function announce(line) {
  process.stderr.write(`${line}\n`);
}
