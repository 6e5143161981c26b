import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProgramLine } from '../../../src/targets/target.js';

/** What a program printed, in files that follow one another. Together they are bounded, however much it prints. */
const MOST_FILE_BYTES = 4 * 1024 * 1024;
const MOST_FILES = 3;
export const MOST_LINE_CHARACTERS = 16_384;

type Stream = ProgramLine['stream'];

export interface ProgramLogWriter {
  write(stream: Stream, text: string): void;
}

interface WriterOptions {
  readonly dir: string;
  readonly now: () => number;
  readonly fileBytes?: number;
}

/** Writes where an earlier writer ended: a program that was asleep goes on in the same log. */
export function openProgramLog({ dir, now, fileBytes = MOST_FILE_BYTES }: WriterOptions): ProgramLogWriter {
  mkdirSync(dir, { recursive: true });
  let number = numbersOf(readdirSync(dir)).at(-1) ?? 1;
  let path = join(dir, nameOf(number));
  const known = read(path);
  let bytes = Buffer.byteLength(known);
  let last = linesOf(known).at(-1)?.at.getTime() ?? 0;
  // A writer that was ended in the middle of a line.
  if (known !== '' && !known.endsWith('\n')) append('\n');

  function append(text: string): void {
    appendFileSync(path, text);
    bytes += Buffer.byteLength(text);
  }

  function turn(): void {
    number += 1;
    path = join(dir, nameOf(number));
    bytes = 0;
    for (const old of numbersOf(readdirSync(dir)).filter((one) => one <= number - MOST_FILES))
      rmSync(join(dir, nameOf(old)), { force: true });
  }

  return {
    write(stream, text) {
      if (bytes >= fileBytes) turn();
      last = Math.max(now(), last + 1);
      append(`${String(last)} ${stream} ${text}\n`);
    },
  };
}

function read(path: string): string {
  return statSync(path, { throwIfNoEntry: false }) ? readFileSync(path, 'utf8') : '';
}

function nameOf(number: number): string {
  return `${String(number).padStart(8, '0')}.log`;
}

function numbersOf(names: readonly string[]): number[] {
  const numbers = names.filter((name) => /^\d{8}\.log$/.test(name)).map((name) => Number(name.slice(0, 8)));
  return numbers.sort((a, b) => a - b);
}

function linesOf(text: string): ProgramLine[] {
  return text.split('\n').flatMap((line) => {
    const [, at, stream, rest = ''] = /^(\d+) (stdout|stderr) (.*)$/s.exec(line) ?? [];
    if (at === undefined) return [];
    return [{ at: new Date(Number(at)), service: 'app', stream: stream as Stream, text: rest }];
  });
}

/** The newest lines, the last one last. */
export async function lastLinesOf(dir: string, count: number): Promise<readonly string[]> {
  const numbers = numbersOf(await readdir(dir).catch(() => []));
  const texts = numbers.slice(-2).map((number) => read(join(dir, nameOf(number))));
  return linesOf(texts.join(''))
    .slice(-count)
    .map(({ text }) => text);
}

interface Following {
  readonly dir: string;
  readonly since: Date;
  /** Whether nothing will be written any more. */
  readonly ended: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

const LOOK_MS = 200;

/** What was written since then, and what is being written. */
export async function* followProgramLog(following: Following): AsyncGenerator<ProgramLine> {
  const { dir, since, ended, signal } = following;
  let place = { number: 0, offset: 0 };
  while (!signal.aborted) {
    // Asked first: what was written before the end is read after it.
    const isOver = await ended();
    for (let read = await readOn(dir, place); isFurther(read.next, place); read = await readOn(dir, place)) {
      place = read.next;
      yield* linesOf(read.text).filter(({ at }) => at >= since);
    }
    if (isOver) return;
    await pause(LOOK_MS, signal);
  }
}

interface Place {
  readonly number: number;
  readonly offset: number;
}

function isFurther(next: Place, place: Place): boolean {
  return next.number !== place.number || next.offset !== place.offset;
}

const READ_BYTES = 256 * 1024;

/** Whole lines from this place on. A reader that was too slow goes on with the oldest file that is still there. */
async function readOn(dir: string, { number, offset }: Place): Promise<{ text: string; next: Place }> {
  const numbers = numbersOf(await readdir(dir).catch(() => []));
  const current = numbers.find((one) => one >= number);
  if (current === undefined) return { text: '', next: { number, offset } };
  const from = current === number ? offset : 0;
  const text = await readLines(join(dir, nameOf(current)), from);
  const after = numbers.find((one) => one > current);
  if (text === '' && after !== undefined) return { text, next: { number: after, offset: 0 } };
  return { text, next: { number: current, offset: from + Buffer.byteLength(text) } };
}

async function readLines(path: string, from: number): Promise<string> {
  const file = await open(path, 'r').catch(() => null);
  if (file === null) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(READ_BYTES), 0, READ_BYTES, from);
    const end = buffer.lastIndexOf(0x0a, bytesRead - 1);
    return bytesRead === 0 || end < 0 ? '' : buffer.toString('utf8', 0, end + 1);
  } finally {
    await file.close();
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
