import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createLineSplitter } from '../../../action/stages/run-command.js';
import { CAUSE_LIMITS } from '../../../src/shared/cause/cause.js';
import { causeOf } from '../../../src/shared/cause/find.js';
import { cleanLine } from '../../../src/shared/text.js';
import { CAUSES } from '../../corpora/failures/causes.js';

const LOGS = join(process.cwd(), 'test/corpora/failures');
const root = '/home/runner/work/site/site';

/** The lines as the Action sees them. */
function linesOf(name: string): string[] {
  const lines: string[] = [];
  const splitter = createLineSplitter((line) => lines.push(cleanLine(line)));
  splitter.push(readFileSync(join(LOGS, `${name}.log`)));
  splitter.end();
  return lines;
}

const ROWS = Object.entries(CAUSES);

test('the corpus has at least 25 failures of real tools, each with the line that people should read', () => {
  const logs = readdirSync(LOGS).filter((name) => name.endsWith('.log'));
  expect(logs.sort()).toEqual(ROWS.map(([name]) => `${name}.log`).sort());
  expect(logs.length).toBeGreaterThanOrEqual(25);
});

test.each(ROWS)('the cause in the log %s is found: %s', (name, line) => {
  const lines = linesOf(name);
  const cause = causeOf(lines, { root });
  expect(cause?.line).toBe(line);
  expect(shareWords(cause?.excerpt[cause.at] ?? '', line)).toBe(true);
  expect(lines.map((one) => one.trimEnd()).join('\n')).toContain(cause?.excerpt.join('\n'));
  expect(cause?.excerpt.length).toBeLessThanOrEqual(CAUSE_LIMITS.excerptLines);
});

/** The line of the log has some of these words one after the other. */
function shareWords(logged: string, line: string): boolean {
  return Array.from(line).some((_, at) => at + 12 <= line.length && logged.includes(line.slice(at, at + 12)));
}

test.each(ROWS)('nothing in the log %s is of the machine that recorded it', (name) => {
  const text = readFileSync(join(LOGS, `${name}.log`), 'utf8');
  expect(text).not.toMatch(/\/root\/|\/tmp\/|\/work\/(?!site\/site|_temp)/);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(64 * 1024);
});
