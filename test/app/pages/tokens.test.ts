import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readTokens } from '../../../app/render.js';
import { ROOT } from '../../support/architecture/read-sources.js';

const TEMPLATES = join(ROOT, 'templates');
const read = (file: string) => readFileSync(join(TEMPLATES, file), 'utf8');
const coloursIn = (text: string) => new Set(text.match(/#[\da-f]{6}\b/gi));

/** The tokens of the two themes: the first block, and the one for who chose the dark theme. */
const [, light = '', dark = ''] = readTokens().split(/:root[^{]*\{/);

test('pages that carry their style take every colour from the tokens', () => {
  const styles = readdirSync(TEMPLATES).filter((file) => file.endsWith('-style.hbs'));
  expect(styles.length).toBeGreaterThan(2);
  for (const file of styles) {
    expect([file, ...coloursIn(read(file))]).toEqual([file]);
    const used = [...read(file).matchAll(/var\((--[\w-]+)\)/g)].map(([, name = '']) => name);
    for (const name of used) expect(light).toContain(`${name}:`);
  }
});

test('mails, whose styles cannot name a token, have the same values', () => {
  const mails = readdirSync(join(TEMPLATES, 'mail')).filter((file) => file.endsWith('.html.hbs'));
  for (const file of mails) {
    const text = read(`mail/${file}`);
    const inDark = /@media \(prefers-color-scheme: dark\) \{[^]*?\n\}/.exec(text)?.[0] ?? '';
    for (const colour of coloursIn(text.replace(inDark, '')))
      expect([file, light]).toEqual([file, expect.stringContaining(colour)]);
    for (const colour of coloursIn(inDark))
      expect([file, dark]).toEqual([file, expect.stringContaining(colour)]);
  }
});

test('the dark theme of the system and the chosen one are the same', () => {
  const [, , chosen = '', system = ''] = readTokens().split(/:root[^{]*\{/);
  const values = (block: string) => block.slice(0, block.indexOf('}')).replace(/\s+/g, ' ').trim();
  expect(values(system)).toBe(values(chosen));
});
