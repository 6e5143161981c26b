import { test } from '@jest/globals';
import { TARGETS } from '../support/targets.js';
import { playTwoServers } from './plays/targets.js';
import { AT_THE_WEBHOOK, playKillAtTearDown, playKillAtWebhook } from './plays/two-servers.js';

test.each(AT_THE_WEBHOOK)(
  'a server that is killed while it works on %s has its work finished by the other',
  (_what, crash) => playKillAtWebhook(crash),
);

test('a server that is killed in the middle of a tear-down has it finished by the other', playKillAtTearDown);

test.each(TARGETS)('two servers deploy and remove it together: $name', ({ open }) => playTwoServers(open));
