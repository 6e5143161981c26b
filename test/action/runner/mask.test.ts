import { expect, test } from '@jest/globals';
import { rawSecrets } from '../../../action/runner/commands.js';

test('values of lines that are refused are masked too', () => {
  const lines = ['GOOD=first-value', 'PATH=second-value', '1A=third-value', 'a line without a name'];
  const open = 'KEY="never closed';
  expect(rawSecrets({ INPUT_SECRETS: [...lines, open].join('\n'), 'INPUT_GITHUB-TOKEN': 'ghs_x' })).toEqual([
    ...['first-value', 'second-value', 'third-value', 'a line without a name', 'never closed', 'ghs_x'],
  ]);
});

test('without inputs there is nothing to mask', () => {
  expect(rawSecrets({})).toEqual([]);
  expect(rawSecrets({ INPUT_SECRETS: '# a comment\n\nA=\n' })).toEqual([]);
});
