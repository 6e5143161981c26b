import { mkdtempSync, readdirSync, rmSync, statSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import {
  followProgramLog,
  lastLinesOf,
  openProgramLog,
} from '../../../../app/runners/process/program-log.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vitrine-log-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const START = new Date(0);

async function readAll(since = START): Promise<{ text: string; at: number }[]> {
  const lines: { text: string; at: number }[] = [];
  const { signal } = new AbortController();
  for await (const { text, at } of followProgramLog({ dir, since, ended: async () => true, signal }))
    lines.push({ text, at: at.getTime() });
  return lines;
}

test('a program that prints without end keeps its newest lines, in files of a bounded size', async () => {
  const log = openProgramLog({ dir, now: () => 1_000, fileBytes: 1_000 });
  for (let number = 0; number < 500; number += 1) log.write('stdout', `line ${number}`);
  const sizes = readdirSync(dir).map((name) => statSync(join(dir, name)).size);
  expect(sizes.length).toBeLessThanOrEqual(3);
  expect(Math.max(...sizes)).toBeLessThan(1_100);
  const read = await readAll();
  expect(read.at(-1)?.text).toBe('line 499');
  expect(read.every(({ at }, index) => index === 0 || at > (read[index - 1]?.at ?? 0))).toBe(true);
  expect(await lastLinesOf(dir, 2)).toEqual(['line 498', 'line 499']);
});

test('a later start goes on in the same log, also after a line that was cut off, and its times go on too', async () => {
  openProgramLog({ dir, now: () => 9_000 }).write('stderr', 'before');
  appendFileSync(join(dir, '00000001.log'), '9001 stdout cut o');
  openProgramLog({ dir, now: () => 5_000 }).write('stdout', 'after');
  const read = await readAll();
  expect(read.map(({ text }) => text)).toEqual(['before', 'cut o', 'after']);
  expect(read[2]?.at).toBeGreaterThan(9_001);
  expect(await readAll(new Date(read[2]?.at ?? 0))).toEqual(read.slice(2));
});

test('a reader follows what is being written from file to file, and ends with the program', async () => {
  const log = openProgramLog({ dir, now: Date.now, fileBytes: 60 });
  let over = false;
  const seen: string[] = [];
  const { signal } = new AbortController();
  log.write('stdout', 'one');
  for await (const { text } of followProgramLog({ dir, since: START, ended: async () => over, signal })) {
    seen.push(text);
    if (seen.length < 6) log.write('stdout', `after ${text}`.slice(0, 20));
    else over = true;
  }
  expect(seen).toHaveLength(6);
});
