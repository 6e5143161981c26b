import { expect, test } from '@jest/globals';
import { parseSettings } from '../../src/settings/settings.js';

const FOLDER = { problem: 'must be a plain file' };
const OURS = 'build: npm run build\ntriggers:\n  drafts: true\n';

test('a file of the commit that cannot be read is an error, and says nothing about policy', () => {
  const { settings, problems } = parseSettings({ base: OURS, head: FOLDER });
  expect(problems).toEqual([
    { level: 'error', file: 'head', line: 1, column: 1, message: '.github/preview.yml must be a plain file' },
  ]);
  expect(settings.triggers.drafts).toBe(true);
});

test('a file of the default branch that cannot be read is an error for every commit', () => {
  for (const head of [undefined, null, OURS, FOLDER]) {
    const { problems } = parseSettings({ base: FOLDER, head });
    expect(problems.filter(({ level, file }) => level === 'error' && file === 'base')).toHaveLength(1);
  }
});
