import { expect, test } from '@jest/globals';
import { authenticate, type AuthenticatePorts } from '../../../app/api/access.js';
import { hashToken } from '../../../src/people/api-token.js';
import { startDeployment } from '../../../src/contract/deployments.js';
import { listEnvironments } from '../../../src/contract/environments.js';
import { checkHealth } from '../../../src/contract/server.js';
import type { Identity } from '../../../src/runs/identity.js';
import { VitrineError } from '../../../src/shared/errors.js';

const NOW = new Date('2026-11-20T12:00:00Z');
const IDENTITY = { repoId: 1, jti: 'j1', expiresAt: new Date('2026-11-20T12:05:00Z') } as Identity;

function ports(changes: Partial<AuthenticatePorts> = {}): AuthenticatePorts {
  return {
    clock: { now: () => NOW },
    tokens: {
      find: async (hash) => (hash === hashToken('vto_good') ? { kind: 'operator', name: 'ops' } : null),
    },
    users: { get: async () => null },
    admins: [],
    identify: async (token) => {
      if (token === 'jwt.of.github') return IDENTITY;
      throw new VitrineError('unauthorized', 'The identity token is not valid.');
    },
    ...changes,
  };
}

test('a request without a token is anonymous', async () => {
  expect(await authenticate(ports(), { operation: checkHealth, authorization: undefined })).toEqual({
    kind: 'anonymous',
  });
});

test('a known token says who asks', async () => {
  const actor = await authenticate(ports(), {
    operation: listEnvironments,
    authorization: 'bearer vto_good',
  });
  expect(actor).toEqual({ kind: 'operator', name: 'ops' });
});

test.each([
  'Bearer unknown',
  'Bearer',
  'Bearer ',
  'Basic dXNlcjpwdw==',
  'vto_good',
  'Bearer vto_good, Bearer vto_good',
  'Bearer vto_good extra',
  'Bearer {"$gt":""}',
  `Bearer ${'a'.repeat(20_000)}`,
])('%s is refused, also by operations that need no token', async (authorization) => {
  for (const operation of [listEnvironments, checkHealth]) {
    await expect(authenticate(ports(), { operation, authorization })).rejects.toMatchObject({
      code: 'unauthorized',
    });
  }
});

test('the identity of a workflow is passed on, and checking it does not use it up', async () => {
  const used: string[] = [];
  const tokens = { ...ports().tokens, useOnce: async (id: string) => used.push(id) > 0 };
  const request = { operation: startDeployment, authorization: 'Bearer jwt.of.github' };
  for (const again of [1, 2]) {
    const actor = await authenticate(ports({ tokens }), request);
    expect([again, actor]).toEqual([again, { kind: 'identity', identity: IDENTITY }]);
  }
  expect(used).toEqual([]);
});

test('other operations refuse an identity, and an operation that takes identities refuses other tokens', async () => {
  const jwt = { operation: listEnvironments, authorization: 'Bearer jwt.of.github' };
  await expect(authenticate(ports(), jwt)).rejects.toMatchObject({ code: 'unauthorized' });
  const token = { operation: startDeployment, authorization: 'Bearer vto_good' };
  await expect(authenticate(ports(), token)).rejects.toMatchObject({ code: 'unauthorized' });
});
