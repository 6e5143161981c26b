import { expect, test } from '@jest/globals';
import { CHECKS } from '../../../../app/cli/doctor/checks.js';
import { failed, type Finding, good, skipped, warning } from '../../../../app/cli/doctor/check.js';
import { runDoctor } from '../../../../app/cli/doctor/run-doctor.js';
import { startTestGitHub } from '../../../support/start-test-github.js';
import { mainFixture } from '../../../support/run-main.js';

interface Asked {
  readonly json?: boolean;
  readonly colours?: boolean;
  readonly limitMs?: number;
}

async function run(findings: Readonly<Record<string, () => Promise<Finding>>>, asked: Asked = {}) {
  let output = '';
  const checks = Object.entries(findings).map(([id, look]) => ({ id, title: `Part ${id}`, run: look }));
  const code = await runDoctor({
    env: { WEBHOOK_SECRET: 'a secret of sixteen characters', DOCKER_HOST: 'off' },
    envFile: '/nowhere/.env',
    uid: 1000,
    ...{ json: false, colours: false, ...asked },
    write: (text) => (output += text),
    groups: [{ title: 'Group', checks }],
  });
  return { code, output };
}

test('findings are printed in their order, whichever ends first', async () => {
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const { code, output } = await run({
    a: () => held.then(() => good('Fine.')),
    b: async () => (release(), warning('Odd.', 'Look at it.')),
    c: async () => skipped('Not used.'),
  });
  expect({ code, output }).toEqual({
    code: 0,
    output: expect.stringMatching(
      /^Vitrine .*\n\nGroup\n {2}ok {4}Part a: Fine\.\n {2}warn {2}Part b: Odd\.\n {8}-> Look at it\.\n {2}skip {2}Part c: Not used\.\n\n0 failed, 1 warning, 1 good, 1 skipped\./,
    ),
  });
});

test('parts that are skipped for one reason are one line', async () => {
  const off = async () => skipped('It is off.');
  const { output } = await run({ a: off, b: off, c: async () => good('Fine.'), d: off });
  expect(output).toMatch(
    / {2}skip {2}Part a, Part b: It is off\.\n {2}ok .*\n {2}skip {2}Part d: It is off\.\n/,
  );
  expect(output).toMatch(/1 good, 3 skipped/);
});

test('one that fails, throws or does not end makes the exit code 1, and holds up no other', async () => {
  const never = () => new Promise<Finding>(() => undefined);
  const broken = async () => Promise.reject(new Error('of ours'));
  const { code, output } = await run(
    {
      a: never,
      b: broken,
      c: async () => failed('Line one\nline two', 'Mend it.'),
      d: async () => good('Fine.'),
    },
    { limitMs: 100 },
  );
  expect(code).toBe(1);
  expect(output).toMatch(/FAIL {2}Part a: This took longer than 0\.1 s\./);
  expect(output).toMatch(/FAIL {2}Part b: .*of ours/);
  expect(output).toMatch(/FAIL {2}Part c: Line one\n {8}line two\n {8}-> Mend it\./);
  expect(output).toMatch(/ok {4}Part d[\s\S]*3 failed, 0 warnings, 1 good/);
});

test('neither secrets nor what a terminal obeys is printed', async () => {
  const leak = async () =>
    failed('It said "a secret of sixteen characters"\u001b[2J.', 'a secret of sixteen characters');
  for (const json of [true, false]) {
    const { output } = await run({ a: leak }, { json });
    expect(output).toContain('***');
    expect(output).not.toMatch(/sixteen|\u001b/);
  }
});

test('as JSON it is one document, and a terminal gets colours', async () => {
  const { output } = await run({ a: async () => warning('Odd.', 'Look.') }, { json: true });
  expect(JSON.parse(output)).toEqual({
    version: expect.any(String),
    ok: true,
    counts: { good: 0, warning: 1, failed: 0, skipped: 0 },
    checks: [{ id: 'a', title: 'Part a', state: 'warning', says: 'Odd.', todo: 'Look.' }],
  });
  expect((await run({ a: async () => good('Fine.') }, { colours: true })).output).toContain('\u001b[32mok');
});

test('the real command looks at everything, and reports what is broken instead of dying of it', async () => {
  const github = await startTestGitHub();
  const fixture = await mainFixture();
  try {
    const base = { ...fixture.credentials, DOCKER_HOST: 'off' };
    const right = { ...base, APP_ID: String(github.app.id), GITHUB_API_URL: github.url };
    const good = await fixture.run(right, ['doctor', '--json']).ended;
    const document = JSON.parse(good.output) as { checks: { id: string; state: string }[] };
    const states = Object.fromEntries(document.checks.map(({ id, state }) => [id, state]));
    expect(Object.keys(states)).toEqual(CHECKS.flatMap(({ checks }) => checks.map(({ id }) => id)));
    expect(states).toMatchObject({ database: 'good', clock: 'good', engine: 'skipped' });
    // Tests may run as root, which is a risk.
    expect(['good', 'warning']).toContain(states['settings']);
    expect(good.code).toBe(document.checks.some(({ state }) => state === 'failed') ? 1 : 0);

    const MONGODB_URI = 'mongodb://app:hunter2hunter2@127.0.0.1:9/x';
    const wrong = {
      ...right,
      MONGODB_URI,
      CONTAINER_PORTS: 'all',
      PRIVATE_KEY: '',
      PRIVATE_KEY_PATH: 'no.pem',
    };
    const broken = await fixture.run(wrong, ['doctor']).ended;
    expect(broken.code).toBe(1);
    expect(broken.output).toMatch(/FAIL {2}Settings: .*no\.pem.*\n +CONTAINER_PORTS must be a range/);
    expect(broken.output).toMatch(/FAIL {2}Database: .*ECONNREFUSED[\s\S]*ok {4}Clock/);
    expect(broken.output).not.toContain('hunter2');

    const help = await fixture.run({}, ['doctor', '--help']).ended;
    expect(help).toEqual({ code: 0, output: expect.stringMatching(/^Usage: npm start -- doctor/) });
  } finally {
    await fixture.close();
    await github.close();
  }
});
