import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { createViews } from '../../../../app/github/create-github.js';
import { type Scene, SCENES, checkOf, commentOf } from './scenes.js';

const FIXTURES = fileURLToPath(new URL('../../../fixtures/views/', import.meta.url));
const views = createViews();

/** To renew a fixture, delete it: the test writes it and fails once, so that the change is read. */
function expectGolden(name: string, markdown: string): void {
  const path = `${FIXTURES}${name}.md`;
  if (!existsSync(path)) {
    writeFileSync(path, markdown);
    throw new Error(`${name}.md did not exist and was written: read it, commit it and run the test again.`);
  }
  expect(markdown).toBe(readFileSync(path, 'utf8'));
}

test.each(Object.entries(SCENES))('the check of a preview that is %s equals its fixture', (name, row) => {
  expectGolden(`${name}.check`, views.check(checkOf(row)).summary);
});

test.each(Object.entries(SCENES))('the comment of a preview that is %s equals its fixture', (name, row) => {
  expectGolden(`${name}.comment`, views.comment(commentOf(row)));
});

test('the check of a superseded commit says so', () => {
  const sha = 'f00dfeed00000000000000000000000000000001';
  const older = checkOf({ ...scene('ready'), deployment: null }, { sha });
  expectGolden('overtaken.check', views.check(older).summary);
});

test('one comment covers all projects, and its headline gives the worst news', () => {
  const rows = [scene('ready'), named('docs', scene('failed-later')), named('shop', scene('building'))];
  expectGolden('three-projects.comment', views.comment(commentOf(...rows)));
});

function scene(name: string): Scene {
  const found = SCENES[name];
  if (!found) throw new Error(`There is no scene ${name}.`);
  return found;
}

function named(project: string, { environment, deployment }: Scene): Scene {
  return { environment: { ...environment, project }, deployment };
}
