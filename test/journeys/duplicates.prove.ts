import { test } from '@jest/globals';
import { playOneBody, playOneDelivery } from './plays/duplicates.js';

test('one delivery sent 100 times at once makes one environment, one deployment, one comment and one check', () =>
  playOneDelivery(100));

test('one body under 100 GUIDs at once does what it says once', () => playOneBody(100));
