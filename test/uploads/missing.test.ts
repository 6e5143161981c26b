import { expect, test } from '@jest/globals';
import type { ArtifactFile } from '../../src/uploads/manifest.js';
import { afterArrival, contentKey, owedKeys, owedOf } from '../../src/uploads/plan.js';

const file = (path: string, digit: number, size = 5): ArtifactFile => ({
  path,
  hash: String(digit).repeat(64),
  size,
});
const files = [file('a', 1), file('b', 2), file('c', 1), file('d', 3)];

test('everything is owed of which nothing is known', () => {
  expect(owedOf(files, [])).toEqual([[0, 4]]);
  expect(owedOf(files, [file('elsewhere', 1)])).toEqual([
    [1, 1],
    [3, 1],
  ]);
});

test('a content that arrives settles every file that has it, and what arrived before stays settled', () => {
  const first = afterArrival({ files, owed: owedOf(files, []) }, [file('a', 1)]);
  expect(first).toEqual([
    [1, 1],
    [3, 1],
  ]);
  const second = afterArrival({ files, owed: first }, [file('b', 2), file('d', 3)]);
  expect(second).toEqual([]);
  expect(afterArrival({ files, owed: second }, [])).toEqual([]);
});

test('a file with a wrong size owes its content for ever', () => {
  const twice = [file('a', 1, 5), file('b', 1, 7)];
  expect(afterArrival({ files: twice, owed: [[0, 2]] }, [file('a', 1, 5)])).toEqual([[1, 1]]);
});

test('who says nothing owes nothing', () => {
  expect(owedKeys({ files })).toEqual(new Set());
  expect(owedKeys({ files, owed: [[3, 1]] })).toEqual(new Set([contentKey(file('d', 3))]));
});
