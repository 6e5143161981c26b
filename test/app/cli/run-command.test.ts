import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readArguments, runCommand } from '../../../app/cli/run-command.js';
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

test('what cannot be done ends the program with 1 and says why', async () => {
  expect(await fixture.run({ MONGODB_URI: fixture.database.uri }, ['dance']).ended).toEqual({
    code: 1,
    output: expect.stringMatching(/There is no command "dance"/),
  });
});

/** Without a database: these need none. */
const tryCommand = async (args: readonly string[]) =>
  (await runCommand(readArguments(args), { env: {}, print: () => undefined })).join('\n');

test.each([
  [['--help'], /^Usage:[\s\S]*token create/],
  [['--version'], /^\d+\.\d+\.\d+$/],
])('%j is answered', async (args, text) => {
  expect(await tryCommand(args)).toMatch(text);
});

test.each([
  [['dance'], /There is no command "dance"/],
  [['--dance'], /Unknown option '--dance'/],
  [['token', 'create'], /Say whom the token is for/],
  [['migrate', '--to', 'x'], /must be the number/],
])('%j is refused', async (args, text) => {
  await expect(tryCommand(args)).rejects.toThrow(text);
});
