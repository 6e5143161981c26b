import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { answerAtOnce, readArguments } from '../../../app/cli/arguments.js';
import { runCommand } from '../../../app/cli/run-command.js';
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
  const migrate = async (...args: string[]) => (await fixture.run(env, ['migrate', ...args]).ended).output;
  expect(await migrate('status')).toMatch(/^0001 {2}not applied {2,}initial-indexes$/m);
  expect(await migrate('up', '--to', '3')).toMatch(/^0003 {2}\S+Z {2}kind-and-reach {2}took \S+ m?s$/m);
  expect(await migrate('down')).toMatch(/^0003 {2}not applied {2,}kind-and-reach$/m);
  expect(await migrate('up', '--to', '1')).toMatch(/The database has version 2: "down --to 1" takes it back/);
  const newest = await migrate('up');
  expect(newest).not.toContain('not applied');
  expect(await migrate('down', '--to', '0')).not.toMatch(/^\d{4} {2}2/m);
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
  [['migrate', '--help'], /^Usage: npm run migrate[\s\S]*down \[--to/],
  [['doctor', '--help'], /^Usage: npm start -- doctor/],
  [['doctor', '--version'], /^\d+\.\d+\.\d+$/],
])('%j is answered at once', (args, text) => {
  expect(answerAtOnce(readArguments(args))).toMatch(text);
});

test.each([
  [['dance'], /There is no command "dance"/],
  [['--dance'], /Unknown option '--dance'/],
  [['token', 'create'], /Say whom the token is for/],
  [['migrate', 'up', '--to', 'x'], /must be the number/],
  [['migrate', 'sideways'], /There is no "migrate sideways"/],
  [['migrate', 'status', '--to', '1'], /status takes no --to/],
])('%j is refused', async (args, text) => {
  await expect(tryCommand(args)).rejects.toThrow(text);
});
