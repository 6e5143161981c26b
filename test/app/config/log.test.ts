import { expect, test } from '@jest/globals';
import { countRepeats, createLog } from '../../../app/config/log.js';

function log(level: 'debug' | 'warn' = 'debug', redact?: (text: string) => string) {
  const lines: string[] = [];
  const clock = { now: () => new Date('2026-11-20T12:00:00Z') };
  return {
    lines,
    log: createLog({ level, clock, write: (line) => lines.push(line), ...(redact && { redact }) }),
  };
}

test('an event is one line with its time, level and fields', () => {
  const { lines, log: write } = log();
  write('info', 'A delivery came', { guid: 'a-1', attempts: 2, name: 'with spaces', none: null });
  expect(lines).toEqual([
    '2026-11-20T12:00:00.000Z info  A delivery came guid=a-1 attempts=2 name="with spaces" none=null',
  ]);
});

test('nothing below the level is written', () => {
  const { lines, log: write } = log('warn');
  write('info', 'quiet');
  write('error', 'loud');
  expect(lines).toHaveLength(1);
});

test('text from outside cannot begin a line or paint the terminal', () => {
  const { lines, log: write } = log();
  write('warn', 'first\nsecond \u001b[2J', { error: new Error('a\r\nb'), text: 'x\ny' });
  expect(lines[0]).not.toMatch(/[\n\r\u001b]/);
});

test('an error is told with what caused it, and without its stack', () => {
  const { lines, log: write } = log();
  write('error', 'failed', { error: new Error('outer', { cause: new TypeError('inner') }) });
  expect(lines[0]).toContain('error="Error: outer (because: TypeError: inner)"');
});

test('known secrets are taken out of whatever is written', () => {
  const { lines, log: write } = log('debug', (text) => text.replaceAll('hunter2', '***'));
  write('info', 'the word is hunter2', { error: new Error('hunter2') });
  expect(lines[0]).not.toContain('hunter2');
});

/** Nothing is waited for by a clock: the window ends when the line is there. */
async function lineThat(lines: readonly string[], pattern: RegExp): Promise<string> {
  for (;;) {
    const line = lines.find((each) => pattern.test(each));
    if (line !== undefined) return line;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

test('an event that comes again and again is written once and then counted', async () => {
  const { lines, log: write } = log();
  const counted = countRepeats(write, 20);
  for (let index = 0; index < 1_000; index += 1)
    counted('warn', 'refused', { id: index, error: new Error('too slow') });
  counted('warn', 'refused', { id: 'x', error: new Error('too large') });
  expect(lines.map((line) => line.slice(25))).toEqual([
    'warn  refused id=0 error="Error: too slow"',
    'warn  refused id=x error="Error: too large"',
  ]);
  expect(await lineThat(lines, /again/)).toContain('refused: again times=999 inMs=20 reason="too slow"');
  counted('warn', 'refused', { id: 'later', error: new Error('too slow') });
  expect(lines.at(-1)).toContain('id=later');
});

test('events that differ each time cannot fill the log or the memory', async () => {
  const { lines, log: write } = log();
  const counted = countRepeats(write, 20);
  for (let index = 0; index < 1_000; index += 1) counted('warn', 'refused', { error: new Error(`${index}`) });
  expect(lines.length).toBeLessThanOrEqual(101);
  expect(await lineThat(lines, /again/)).toContain('times=899');
});
