import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readSettings, secretsIn } from '../../../../app/cli/doctor/read-settings.js';
import { secretFiles, settings } from '../../../../app/cli/doctor/settings.js';
import { examine } from '../../../support/examine.js';
import { appKey } from '../../../support/run-keys.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'doctor-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const SECRET = 'a webhook secret of the tests';
const credentials = () => ({ APP_ID: '1', PRIVATE_KEY: appKey(), WEBHOOK_SECRET: SECRET, DATA_DIR: folder });
const PUBLIC = { NODE_ENV: 'production', HOST: '0.0.0.0', PUBLIC_URL: 'https://vitrine.example.com' };

test.each([
  ['complete ones are good', {}, 'good', /http:\/\/localhost:3000, previews at \*\.localhost/],
  [
    'wrong variables are named',
    { CONTAINER_PORTS: 'all', WEBHOOK_SECRET: 'x' },
    'failed',
    /CONTAINER_PORTS .*WEBHOOK_SECRET is too short/s,
  ],
  ['a missing secret is named', { WEBHOOK_SECRET: '' }, 'failed', /WEBHOOK_SECRET not set/],
  [
    'a key file that is not there is named',
    { PRIVATE_KEY: '', PRIVATE_KEY_PATH: 'no.pem' },
    'failed',
    /no\.pem/,
  ],
  ['what would be unsafe is refused as at the start', { HOST: '0.0.0.0' }, 'failed', /NODE_ENV must be prod/],
  ['what is risky is told', { PUBLIC_URL: 'http://vitrine.example.com' }, 'warning', /not https/],
  [
    'servers that could share a database need one key',
    { ...PUBLIC, PREVIEW_DOMAIN: 'previews.example.net', MONGODB_URI: 'mongodb://db/x' },
    'failed',
    /ENCRYPTION_KEYS must be set/,
  ],
])('settings: %s', async (_what, env, state, says) => {
  const found = await examine(settings, { ...credentials(), ...env });
  expect(found).toEqual({
    state,
    says: expect.stringMatching(says),
    todo: state === 'good' ? null : expect.any(String),
  });
});

test('settings: a server without an App is told how it gets one, unless it would be public', async () => {
  expect(await examine(settings, { DATA_DIR: folder })).toMatchObject({
    state: 'warning',
    says: expect.stringMatching(/no GitHub App yet: "npm start"/),
  });
  expect(await examine(settings, PUBLIC)).toMatchObject({
    state: 'failed',
    says: expect.stringMatching(/APP_ID/),
  });
});

test('defaults stand for what is wrong, and what is right stays', async () => {
  const env = { ...credentials(), PREVIEW_DOMAIN: 'previews.example.net', CONTAINER_PORTS: 'all' };
  const { config, problems } = await readSettings({ env, envFile: join(folder, '.env'), uid: 1000 });
  expect(problems).toEqual([expect.stringMatching(/^CONTAINER_PORTS /)]);
  expect(config).toMatchObject({
    previewDomain: 'previews.example.net',
    containers: { ports: '30000-39999' },
  });
});

test('files with secrets that others may read are told, with the command that closes them', async () => {
  const envFile = join(folder, '.env');
  await writeFile(envFile, 'APP_ID=1\n', { mode: 0o600 });
  const look = () => examine(secretFiles, { DATA_DIR: join(folder, 'data') }, { envFile });
  expect(await look()).toMatchObject({ state: 'good' });
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'data/encryption-key'), 'k1:x');
  await chmod(join(folder, 'data/encryption-key'), 0o644);
  expect(await look()).toEqual({
    state: 'warning',
    says: expect.stringMatching(/encryption-key \(mode 644\)/),
    todo: `chmod 600 ${join(folder, 'data/encryption-key')}`,
  });
});

test('passwords inside addresses and keys are secrets too', () => {
  const env = {
    MONGODB_URI: 'mongodb://app:pass%20word@db/x',
    SMTP_URL: 'smtps://me:hunter22@mail.example.com',
    ENCRYPTION_KEYS: 'k1:AAAA,k2:BBBB',
    APP_ID: '4711',
  };
  const found = secretsIn(env);
  expect(found).toEqual(expect.arrayContaining(['pass%20word', 'pass word', 'hunter22', 'AAAA', 'BBBB']));
  expect(found).not.toContain('4711');
});
