import { expect, test } from '@jest/globals';
import { changedContent, pathsOf, TREE_SIZES } from '../../../bench/upload/tree.js';

const { short } = TREE_SIZES;

test('the full site has five thousand files', () => {
  const paths = pathsOf(TREE_SIZES.full, 'first deploy');
  expect(paths).toHaveLength(5000);
  expect(new Set(paths).size).toBe(5000);
});

test('the second version changes one page, and no name', () => {
  expect(pathsOf(short, 'one page')).toEqual(pathsOf(short, 'first deploy'));
  expect(changedContent(short, 'one page').toString()).toMatch(/^<!doctype html>(?!.*<!doctype)/s);
});

test('the third version changes one file in a hundred, and bundles get new names', () => {
  const before = new Set(pathsOf(TREE_SIZES.full, 'one page'));
  const after = pathsOf(TREE_SIZES.full, '1 %');
  expect(after).toHaveLength(5000);
  expect(after.filter((path) => !before.has(path))).toHaveLength(12);
});

test('the same version is the same everywhere and every time', () => {
  expect(changedContent(short, '1 %').equals(changedContent(short, '1 %'))).toBe(true);
});
