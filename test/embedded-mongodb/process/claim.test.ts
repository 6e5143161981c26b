import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Database, LocalWay } from '../../../embedded-mongodb/process/database.js';
import { type Workplace, workplace } from '../workplace.js';

const GONE = { pid: 2 ** 22 + 1 };
const STARTS = 8;

/** An engine that writes its file and runs; nothing of MongoDB is needed to see who gets a directory. */
const engine: LocalWay = {
  engine: 'embedded',
  async start({ directory, hold }): Promise<Database> {
    await writeFile(join(directory, 'data'), '');
    await hold(process.pid);
    const lost = new Promise<never>(() => undefined);
    return { uri: 'mongodb://none', way: 'stand-in', lost, stop: async () => undefined };
  },
};

/** A mongod that is looked for until `release` is called, and then not found. */
function slowlyMissing(): { way: LocalWay; entered: Promise<void>; release: () => void } {
  let enter: () => void = () => undefined;
  let release: () => void = () => undefined;
  const entered = new Promise<void>((resolve) => (enter = resolve));
  const gate = new Promise<void>((resolve) => (release = resolve));
  const start = async (): Promise<{ missing: string }> => {
    enter();
    await gate;
    return { missing: 'no mongod here' };
  };
  return { way: { engine: 'mongod', start }, entered, release };
}

const refused = (place: Workplace): { code: string; message: unknown } => ({
  code: 'conflict',
  message: expect.stringContaining(`${join(place.folder, 'mongodb')} is in use by process ${process.pid}.`),
});

test('who comes while another still looks for an engine is told who holds the directory', async () => {
  await using place = await workplace();
  const { way, entered, release } = slowlyMissing();
  const first = place.find({ ways: [way, engine] });
  await entered;
  const second = place.find({ ways: [{ ...way, start: async () => ({ missing: 'no mongod' }) }, engine] });
  await expect(second).rejects.toMatchObject(refused(place));
  release();
  await expect(first).resolves.toHaveProperty('way', 'stand-in');
});

test.each([
  ['an empty directory', undefined],
  ['the note of one that crashed', JSON.stringify({ app: GONE })],
])('of many that start at once on %s one gets it and all others the clear error', async (_what, note) => {
  for (let round = 0; round < STARTS; round++) {
    await using place = await workplace();
    await mkdir(join(place.folder, 'mongodb'));
    if (note) await writeFile(join(place.folder, 'mongodb/held-by.json'), note);
    const starts = Array.from({ length: STARTS }, () => place.find({ ways: [engine] }));
    const results = await Promise.allSettled(starts);
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
    expect(reasons).toEqual(
      Array.from({ length: STARTS - 1 }, () => expect.objectContaining(refused(place))),
    );
  }
});

test('a start that fails gives the directory back and leaves no drafts', async () => {
  await using place = await workplace();
  const broken: LocalWay = { engine: 'embedded', start: () => Promise.reject(new Error('broken')) };
  await expect(place.find({ ways: [broken] })).rejects.toThrow('broken');
  expect(await readdir(join(place.folder, 'mongodb'))).not.toContainEqual(expect.stringMatching(/^held-by/));
  await expect(place.find({ ways: [engine] })).resolves.toHaveProperty('way', 'stand-in');
});

test('a mark of an engine that never wrote anything binds nobody to that engine', async () => {
  await using place = await workplace();
  await mkdir(join(place.folder, 'mongodb'));
  await writeFile(join(place.folder, 'mongodb/made-by'), 'mongod\n');
  await writeFile(join(place.folder, 'mongodb/held-by.json'), JSON.stringify({ app: GONE, server: GONE }));
  await expect(place.find({ ways: [engine] })).resolves.toHaveProperty('way', 'stand-in');
});

test('data of one engine is never opened by the other, and the error names who wrote it', async () => {
  await using place = await workplace();
  await (await place.find({ ways: [engine] })).stop();
  const other: LocalWay = { ...engine, engine: 'mongod' };
  await expect(place.find({ ways: [other] })).rejects.toThrow(/was written by the embedded engine/);
});
