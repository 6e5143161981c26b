import { expect, test } from '@jest/globals';
import { weakSecrets } from '../../../action/server/session.js';

test('what cannot be hidden is said by name, never by value', () => {
  const secrets = { FLAG: 'true', PIN: ' abc ', NONE: '', STAGE: 'Production', KEY: 'long-enough' };
  expect(weakSecrets(secrets)).toEqual([
    'FLAG is a common word and is not hidden in logs; choose a longer one.',
    'PIN is shorter than 4 characters and is not hidden in logs; choose a longer one.',
    'STAGE is a common word and is not hidden in logs; choose a longer one.',
  ]);
});
