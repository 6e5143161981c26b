import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants, brotliCompressSync } from 'node:zlib';
import { startDatabase } from '../database/database.js';
import { startMockGitHub } from '../github/mock-github.js';
import { alternate, type Figures } from '../harness/alternate.js';
import type { Bench, Outcome, Setting } from '../harness/setting.js';
import { makeCredentials } from '../ours/credentials.js';
import { startProxy } from '../counting-proxy/start-proxy.js';
import type { Deployer, StartDeployer, UploadStage } from './deployer.js';
import { git } from './git.js';
import { ours, wholeAction } from './ours.js';
import { ACTION, GIT, OURS, RSYNC, rowsOf, TAR } from './rows.js';
import { rsync } from './rsync.js';
import { tar } from './tar.js';
import { changedContent, pathsOf, TREE_SIZES, VERSIONS, writeTree } from './tree.js';

export const upload: Bench = {
  summary: 'bytes and seconds to deploy a site of 5,000 files: first, after one edit, after 1 % (P7-P10)',
  rounds: { full: 5, short: 1 },
  run,
};

interface Contender {
  readonly start: StartDeployer;
  /** The program it needs. */
  readonly needs?: string;
}

const CONTENDERS: Readonly<Record<string, Contender>> = {
  [OURS]: { start: ours },
  [ACTION]: { start: wholeAction },
  [RSYNC]: { start: rsync, needs: 'rsync' },
  [GIT]: { start: git, needs: 'git-daemon' },
  [TAR]: { start: tar, needs: 'tar' },
};

type Trees = Readonly<Record<(typeof VERSIONS)[number], string>>;

async function run(setting: Setting): Promise<Outcome> {
  const trees = await writeTrees(setting);
  const database = await startDatabase(setting);
  const github = await startMockGitHub(setting, { delayMs: 0, limits: 'off' });
  const stage = {
    setting,
    database,
    github,
    proxy: await startProxy(setting),
    credentials: makeCredentials(),
  };
  const here = Object.entries(CONTENDERS).filter(
    ([, { needs }]) => needs === undefined || setting.find(needs) !== null,
  );
  const samples = await alternate({
    names: here.map(([name]) => name),
    rounds: setting.rounds,
    async measure(name, round) {
      const figures = await measure({ ...stage, round }, { start: CONTENDERS[name]?.start ?? ours, trees });
      setting.say(
        `round ${round + 1}: ${name}: ${VERSIONS.map((version) => `${figures[`${version}: seconds`]?.toFixed(2)} s`).join(', ')}`,
      );
      return figures;
    },
  });
  await database.stop();
  const floors = Object.fromEntries(VERSIONS.map((version) => [version, compressedBytes(setting, version)]));
  return { rows: rowsOf(samples, floors), notes: NOTES };
}

async function writeTrees({ scratch, size, say }: Setting): Promise<Trees> {
  const folder = await scratch.memory('trees');
  const entries = VERSIONS.map((version) => [version, join(folder, version.replace(/\W+/g, '-'))] as const);
  for (const [version, path] of entries) await writeTree(path, { size: TREE_SIZES[size], version });
  say('the three versions of the site are written');
  return Object.fromEntries(entries) as unknown as Trees;
}

/** The three versions, one after the other, onto a server that has nothing yet. */
async function measure(
  stage: UploadStage,
  { start, trees }: { start: StartDeployer; trees: Trees },
): Promise<Figures> {
  const deployer = await start(stage);
  const figures: Record<string, number> = {};
  try {
    for (const version of VERSIONS) {
      await stage.proxy.count();
      figures[`${version}: seconds`] = await deployer.deploy(trees[version]);
      const { up, down, turns } = await stage.proxy.count();
      figures[`${version}: bytes`] = up + down;
      figures[`${version}: turns`] = turns;
      if (stage.round === 0)
        await checkServed(stage.setting, { deployer, directory: trees[version], version });
    }
    return figures;
  } finally {
    await deployer.stop();
  }
}

interface Served {
  readonly deployer: Deployer;
  readonly directory: string;
  readonly version: (typeof VERSIONS)[number];
}

/** A deploy that is quick because it is wrong does not count: every file must be there, byte for byte. */
async function checkServed({ size }: Setting, { deployer, directory, version }: Served): Promise<void> {
  if (!deployer.read) return;
  for (const path of pathsOf(TREE_SIZES[size], version)) {
    const [expected, served] = await Promise.all([readFile(join(directory, path)), deployer.read(path)]);
    if (!served.equals(expected))
      throw new Error(`After "${version}" the file ${path} is not what was deployed.`);
  }
}

function compressedBytes({ size }: Setting, version: (typeof VERSIONS)[number]): number {
  const changed = changedContent(TREE_SIZES[size], version);
  return brotliCompressSync(changed, {
    params: { [constants.BROTLI_PARAM_QUALITY]: changed.length > 4_194_304 ? 1 : 5 },
  }).length;
}

const NOTES = [
  'Everything goes through one counting proxy, headers included, both directions added; loopback, no delay. Trees are in memory. In the first round every file that ours, rsync and tar serve was compared with what was deployed.',
  'Ours is the uploading part of the Action (hash, plan, packs) as a process of its own, from its start to its end, against the whole App; what the Action does around it (identity, stages, logs, visiting the preview) is in the rows of the whole Action, dist/index.js.',
  'git clones without history and without writing the files, which is kinder than what deploy Actions do.',
];
