import { expect, test } from '@jest/globals';
import { parseSettings } from '../../src/settings/settings.js';

const lines = (from: number, to: number, indent: string) =>
  Array.from({ length: to - from }, (_, n) => `${indent}V${String(from + n)}: x\n`).join('');

test('of two variables that differ only in capitals the one of the project counts, and a note says so', () => {
  const base = 'env:\n  Api: top\n  OTHER: top\nprojects:\n  - name: web\n    env:\n      API: own\n';
  const { settings, problems } = parseSettings({ base });
  expect(settings.projects[0]?.build.env).toEqual({ OTHER: 'top', API: 'own' });
  expect(problems).toMatchObject([
    { level: 'note', line: 6, message: expect.stringMatching(/API takes the place of Api/) },
  ]);
});

test('a project replaces a variable of the whole file without a word', () => {
  const base = 'env:\n  API: top\nprojects:\n  - name: web\n    env:\n      API: own\n';
  const { settings, problems } = parseSettings({ base });
  expect([settings.projects[0]?.build.env, problems]).toEqual([{ API: 'own' }, []]);
});

test('variables of the whole file and of a project that are too many together are refused', () => {
  const own = `projects:\n  - name: web\n    env:\n${lines(150, 201, '      ')}`;
  const { problems } = parseSettings({ base: `env:\n${lines(0, 150, '  ')}${own}` });
  expect(problems).toMatchObject([
    { level: 'error', line: 154, message: expect.stringMatching(/whole file.*200 variables/) },
  ]);
  expect(parseSettings({ base: `env:\n${lines(0, 149, '  ')}${own}` }).problems).toEqual([]);
});

test('hooks of a project take the place of those of the whole file', () => {
  const base =
    'hooks: { created: seed, deployed: migrate }\nprojects:\n  - name: web\n    hooks: { created: own }\n  - name: docs\n    hooks: {}\n  - name: api\n';
  const { settings, problems } = parseSettings({ base });
  expect(problems).toEqual([]);
  expect(settings.projects.map(({ build }) => build.hooks)).toEqual([
    { created: 'own', deployed: null, destroyed: null },
    { created: null, deployed: null, destroyed: null },
    { created: 'seed', deployed: 'migrate', destroyed: null },
  ]);
});
