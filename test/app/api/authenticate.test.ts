import { expect, test } from '@jest/globals';
import { authenticate, hashToken, type AuthenticatePorts } from '../../../app/api/access.js';
import { ROUTES } from '../../../src/contract/routes.js';
import type { Identity } from '../../../src/runs/identity.js';
import { VitrineError } from '../../../src/shared/errors.js';

const NOW = new Date('2026-11-20T12:00:00Z');
const IDENTITY = { repoId: 1, jti: 'j1', expiresAt: new Date('2026-11-20T12:05:00Z') } as Identity;

function ports(changes: Partial<AuthenticatePorts> = {}): AuthenticatePorts {
  return {
    clock: { now: () => NOW },
    tokens: {
      issue: async () => undefined,
      find: async (hash) => (hash === hashToken('vto_good') ? { kind: 'operator', name: 'ops' } : null),
      useOnce: async () => true,
      deleteExpired: async () => 0,
    },
    identify: async (token) => {
      if (token === 'jwt.of.github') return IDENTITY;
      throw new VitrineError('unauthorized', 'The identity token is not valid.');
    },
    ...changes,
  };
}

test('who shows nothing is nobody', async () => {
  expect(await authenticate(ports(), { route: ROUTES.health, authorization: undefined })).toEqual({
    kind: 'public',
  });
});

test('a known token speaks for whom it was made', async () => {
  const actor = await authenticate(ports(), {
    route: ROUTES.listEnvironments,
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
])('%s is refused, also where anybody may ask', async (authorization) => {
  for (const route of [ROUTES.listEnvironments, ROUTES.health]) {
    await expect(authenticate(ports(), { route, authorization })).rejects.toMatchObject({
      code: 'unauthorized',
    });
  }
});

test("a workflow's identity is handed on, and not used up by being looked at", async () => {
  const used: string[] = [];
  const tokens = { ...ports().tokens, useOnce: async (id: string) => used.push(id) > 0 };
  const request = { route: ROUTES.startDeployment, authorization: 'Bearer jwt.of.github' };
  for (const again of [1, 2]) {
    const actor = await authenticate(ports({ tokens }), request);
    expect([again, actor]).toEqual([again, { kind: 'identity', identity: IDENTITY }]);
  }
  expect(used).toEqual([]);
});

test('an identity is worth nothing on other routes, and a token nothing where an identity is asked', async () => {
  const jwt = { route: ROUTES.listEnvironments, authorization: 'Bearer jwt.of.github' };
  await expect(authenticate(ports(), jwt)).rejects.toMatchObject({ code: 'unauthorized' });
  const token = { route: ROUTES.startDeployment, authorization: 'Bearer vto_good' };
  await expect(authenticate(ports(), token)).rejects.toMatchObject({ code: 'unauthorized' });
});
