import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mainFixture, type MainFixture } from '../../support/run-main.js';

let fixture: MainFixture;

beforeEach(async () => {
  fixture = await mainFixture();
});
afterEach(async () => {
  await fixture.close();
});

test('a token for the API is shown once and opens it', async () => {
  const made = await fixture.run({ MONGODB_URI: fixture.database.uri }, ['token', 'create', '--name', 'ci'])
    .ended;
  const token = /^vto_[\w-]{43}$/m.exec(made.output)?.[0] ?? '';
  expect({ ...made, token }).toMatchObject({ code: 0, token: expect.stringMatching(/^vto_/) });
  const { said } = fixture.run(fixture.credentials);
  const url = await said(/ready at (http:\S+)/);
  const headers = { authorization: `Bearer ${token}` };
  expect((await fetch(`${url}/api/v1/environments`, { headers })).status).toBe(200);
});

test('migrations are shown, taken back and made again', async () => {
  const env = { MONGODB_URI: fixture.database.uri, LOG_LEVEL: 'error' };
  expect((await fixture.run(env, ['migrate', '--history']).ended).output).toContain(
    'No migration is in force.',
  );
  expect((await fixture.run(env, ['migrate']).ended).output).toMatch(/^1 {2}\S+Z {2}initial-indexes$/m);
  expect((await fixture.run(env, ['migrate', '--to', '0']).ended).output).toContain(
    'No migration is in force.',
  );
});

test.each([
  [['--help'], 0, /^Usage:[\s\S]*token create/],
  [['--version'], 0, /^\d+\.\d+\.\d+\n$/],
  [['dance'], 1, /There is no command "dance"/],
  [['--dance'], 1, /Unknown option '--dance'/],
  [['token', 'create'], 1, /Say whom the token is for/],
  [['migrate', '--to', 'x'], 1, /must be the number/],
])('%j ends with %d', async (args, code, text) => {
  expect(await fixture.run({ MONGODB_URI: fixture.database.uri }, args).ended).toEqual({
    code,
    output: expect.stringMatching(text),
  });
});
