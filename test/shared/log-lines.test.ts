import { expect, test } from '@jest/globals';
import { typeOfStage } from '../../src/shared/log-lines.js';

test('a line without a type belongs to the deploy where its stage does, and to the build elsewhere', () => {
  expect(['building', 'installing', 'deploying', 'verifying', ''].map(typeOfStage)).toEqual([
    ...['build', 'build', 'deploy', 'deploy', 'build'],
  ]);
});
