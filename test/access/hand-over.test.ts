import { expect, test } from '@jest/globals';
import { useCode, writeCode } from '../../src/access/hand-over.js';
import { hashToken } from '../../src/people/api-token.js';
import { createGateParts } from '../support/gate-parts.js';

const SECRET = 's'.repeat(43);
const HAND_OVER = {
  ...{ label: 'pr-1-hello', environmentId: 'e1', userId: 'u1', state: hashToken(SECRET) },
  to: '/docs?x=1',
};

function setUp() {
  let ahead = 0;
  const parts = createGateParts({ now: () => new Date(1_700_000_000_000 + ahead) });
  return { parts, pass: (ms: number) => (ahead += ms) };
}

test('a code works once, in the browser that began, on the host that it is for', async () => {
  const { parts } = setUp();
  const code = writeCode(parts, HAND_OVER);
  expect(await useCode(parts, { code, label: 'pr-2-hello', secret: SECRET })).toBeNull();
  expect(await useCode(parts, { code, label: 'pr-1-hello', secret: 'o'.repeat(43) })).toBeNull();
  const shown = { code, label: 'pr-1-hello', secret: SECRET };
  expect(await useCode(parts, shown)).toEqual(HAND_OVER);
  expect(await useCode(parts, shown)).toBeNull();
  expect(await useCode(parts, { ...shown, code: 'nonsense' })).toBeNull();
});

test('a code ends after a minute', async () => {
  const { parts, pass } = setUp();
  const code = writeCode(parts, HAND_OVER);
  pass(60_000);
  expect(await useCode(parts, { code, label: 'pr-1-hello', secret: SECRET })).toBeNull();
});

test.each(['//evil.example', 'https://evil.example', '/\\evil.example', 'javascript:alert(1)'])(
  'a code leads to a path of its host, and never to %s',
  async (to) => {
    const { parts } = setUp();
    const code = writeCode(parts, { ...HAND_OVER, to });
    expect(await useCode(parts, { code, label: 'pr-1-hello', secret: SECRET })).toMatchObject({ to: '/' });
  },
);
