import { expect, test } from '@jest/globals';
import { forgetSecrets } from '../../src/reconcile/forget-secrets.js';
import { deliveredTo, rememberDelivered } from '../../src/secrets/delivered.js';
import { openPrograms } from '../support/program-stage.js';

const WEEK = 7 * 24 * 60 * 60_000;

test('what a deployment was given is remembered as long as its program is there to print it', async () => {
  await using stage = await openPrograms();
  const { ports } = stage.app;
  const environment = await stage.show('pr-1-old');
  const live = environment.current?.deploymentId ?? '';
  for (const deploymentId of [live, 'gone'])
    await rememberDelivered(ports, { deploymentId, values: ['a-password-4711'] });
  expect(await forgetSecrets(ports)).toBe(0);
  stage.pass(WEEK + 60_000);
  expect(await forgetSecrets(ports)).toBe(1);
  stage.pass(WEEK - 60_000);
  expect(await forgetSecrets(ports)).toBe(0);
  expect([await deliveredTo(ports, live), await deliveredTo(ports, 'gone')]).toEqual([
    ['a-password-4711'],
    [],
  ]);
});
