import { test } from '@jest/globals';
import { playOneChange } from './plays/incremental.js';

test('of 400 files with one changed, one file and the difference of the list cross the wire', () =>
  playOneChange(400));
