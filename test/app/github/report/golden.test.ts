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

test('the comment shows what the page looked like before, what it looks like, and what changed', () => {
  const url = (file: string) => `https://vitrine.example.com/images/screenshots/1/${file}?signature=s`;
  const picture = { pageUrl: url('page.png'), thumbnailUrl: url('thumbnail.jpg') };
  const before = { beforeUrl: url('before.png'), beforeThumbnailUrl: url('before-thumbnail.jpg') };
  const sha = 'f00dfeed00000000000000000000000000000001';
  const changed = { sha, changedShare: 0.0321, differenceUrl: url('difference.png'), ...before };
  const one = commentOf(scene('ready'));
  const hello = { project: 'hello', ...picture };
  const comment = (comparison: typeof changed | null) =>
    views.comment({ ...one, pictures: [{ ...hello, comparison }] });
  expectGolden('picture-changed.comment', comment(changed));
  expect(comment({ ...changed, changedShare: 0.0004 })).toContain('less than 0.1 % of the page changed');
  expect(comment({ ...changed, changedShare: 0.456 })).toContain(
    '>Screenshot: 46 % of the page changed since f00dfee<',
  );
  expect(comment(null)).toContain('<summary>What it looks like</summary>');
  const same = { ...changed, changedShare: 0, differenceUrl: null as never };
  const docs = { project: 'docs', ...picture, comparison: same };
  const two = commentOf(scene('ready'), named('docs', scene('ready')), named('shop', scene('building')));
  const pictures = [
    { ...hello, comparison: changed },
    docs,
    { project: 'new', ...picture, comparison: null },
  ];
  expectGolden('pictures-of-projects.comment', views.comment({ ...two, pictures }));
});

function scene(name: string): Scene {
  const found = SCENES[name];
  if (!found) throw new Error(`There is no scene ${name}.`);
  return found;
}

function named(project: string, { environment, deployment }: Scene): Scene {
  return { environment: { ...environment, project }, deployment };
}
