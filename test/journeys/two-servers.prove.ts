import { test } from '@jest/globals';
import { AT_THE_WEBHOOK, playKillAtTearDown, playKillAtWebhook } from './plays/two-servers.js';

test.each(AT_THE_WEBHOOK)(
  'a server that is killed while it works on %s has its work finished by the other',
  (_what, crash) => playKillAtWebhook(crash),
);

test('a server that is killed in the middle of a tear-down has it finished by the other', playKillAtTearDown);
