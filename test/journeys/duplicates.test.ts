import { test } from '@jest/globals';
import { playOneBody, playOneDelivery } from './plays/duplicates.js';

test('one delivery sent 30 times at once makes one environment, one deployment, one comment and one check', () =>
  playOneDelivery(30));

test('one body under 30 GUIDs at once does what it says once', () => playOneBody(30));
