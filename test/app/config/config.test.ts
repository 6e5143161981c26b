import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { checkProcess } from '../../../app/config/check-process.js';
import { envToConfig, isLoopback } from '../../../app/config/config.js';
import { envToDatabaseUri, envToSecrets, missingCredentials } from '../../../app/config/secrets.js';
import { appKey } from '../../support/run-keys.js';

const CREDENTIALS = { APP_ID: '7', PRIVATE_KEY: appKey(), WEBHOOK_SECRET: 'sixteen-letters!' };

test('nothing needs to be set for a server on this machine alone', () => {
  expect(envToConfig({ HOME: '/root', PORT: '' })).toEqual({
    production: false,
    host: '127.0.0.1',
    port: 3000,
    publicUrl: undefined,
    previewDomain: 'localhost',
    dataDir: '.data',
    githubApiUrl: 'https://api.github.com',
    oidcIssuer: 'https://token.actions.githubusercontent.com',
    logLevel: 'info',
    signIn: { github: null, google: null, openId: null },
    admins: [],
    logRetentionDays: 90,
    deliveryRetention: { payloadDays: 30, recordDays: 365 },
    mailFrom: undefined,
    action: 'your-org/preview-action@v1',
    nodeRunner: null,
    screenshots: null,
    passwordAccounts: 'off',
    allowPrivateAddresses: [],
    containers: {
      dockerHost: undefined,
      dockerConfig: undefined,
      tlsVerify: false,
      certPath: undefined,
      path: '/usr/local/bin:/usr/bin:/bin',
      ports: '30000-39999',
      server: undefined,
      network: '10.213.0.0/16',
      memoryBytes: 2 * 1024 ** 3,
      cpus: 2,
      nodeImage: 'node:{version}-slim',
      registryHost: undefined,
      databaseImages: 'docker.io/library/',
    },
  });
});

test('previews are photographed where the operator says so, in the sandbox unless it is off', () => {
  const path = '/usr/bin';
  expect(envToConfig({ SCREENSHOTS: 'on', PATH: path }).screenshots).toEqual({
    ...{ chromium: undefined, sandbox: true, path },
  });
  const chromium = '/opt/chromium';
  const env = { SCREENSHOTS: 'on', CHROMIUM: chromium, CHROMIUM_SANDBOX: 'off', PATH: path };
  expect(envToConfig(env).screenshots).toEqual({ chromium, sandbox: false, path });
  expect(envToConfig({ CHROMIUM: chromium }).screenshots).toBeNull();
});

test.each([
  [{ PORT: '70000' }, /^PORT must be a whole number/],
  [{ PORT: 'http' }, /^PORT must be/],
  [{ PUBLIC_URL: 'ftp://x' }, /^PUBLIC_URL must be an http/],
  [{ PUBLIC_URL: 'https://x.example/vitrine' }, /^PUBLIC_URL must be an address without a path/],
  [{ PREVIEW_DOMAIN: 'Previews.example' }, /^PREVIEW_DOMAIN must be a lower-case domain/],
  [{ PREVIEW_DOMAIN: '*.example.com' }, /^PREVIEW_DOMAIN/],
  [{ NODE_RUNNER: 'docker' }, /^NODE_RUNNER must be process, or not set/],
  [{ SCREENSHOTS: 'yes' }, /^SCREENSHOTS must be on or off/],
  [{ CHROMIUM: 'chromium' }, /^CHROMIUM must be the whole path of a program/],
  [{ CHROMIUM_SANDBOX: '0' }, /^CHROMIUM_SANDBOX must be on or off/],
  [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL must be debug, info, warn or error/],
  [{ PORT: 'x', LOG_LEVEL: 'y' }, /PORT.*; LOG_LEVEL/],
  [{ ALLOW_PRIVATE_ADDRESSES: '10.0.0.0/40' }, /^ALLOW_PRIVATE_ADDRESSES must be host names/],
  [{ ALLOW_PRIVATE_ADDRESSES: 'https://x.example' }, /^ALLOW_PRIVATE_ADDRESSES/],
  [{ GITHUB_API_URL: 'github.com' }, /^GITHUB_API_URL must be an http/],
  [{ DOCKER_HOST: 'ssh://host' }, /^DOCKER_HOST must be unix:/],
  [{ CONTAINER_PORTS: '80-90' }, /^CONTAINER_PORTS must be a range/],
  [{ CONTAINER_PORTS: 'None' }, /^CONTAINER_PORTS must be a range.* or none/],
  [{ CONTAINER_SERVER: '-v' }, /^CONTAINER_SERVER must be the name/],
  [{ CONTAINER_NETWORK: '8.8.8.0/24' }, /^CONTAINER_NETWORK must be a private range/],
  [{ CONTAINER_NETWORK: '10.0.0.0/30' }, /^CONTAINER_NETWORK must be a private range/],
  [{ CONTAINER_MEMORY: '512' }, /^CONTAINER_MEMORY must be a size/],
  [{ CONTAINER_CPUS: '0' }, /^CONTAINER_CPUS must be/],
  [{ NODE_IMAGE: 'node:22-slim' }, /^NODE_IMAGE must have \{version\}/],
  [{ NODE_IMAGE: 'node:{version}-{kind}' }, /^NODE_IMAGE must have \{version\}/],
  [{ NODE_IMAGE: '--privileged {version}' }, /^NODE_IMAGE must be the name of an image/],
  [{ REGISTRY_HOST: 'http://host' }, /^REGISTRY_HOST must be a host/],
  [{ SERVICE_IMAGES: 'mirror.example.com' }, /^SERVICE_IMAGES must be what the names of images begin with/],
])('%j is refused with one line that names the variable', (env, line) => {
  expect(() => envToConfig(env)).toThrow(line);
});

test('addresses lose the slash at their end, and the public one is in lower case', () => {
  const config = envToConfig({
    PUBLIC_URL: 'https://Vitrine.Example.com/',
    GITHUB_API_URL: 'https://ghe.example/api/v3/',
  });
  expect(config).toMatchObject({
    publicUrl: 'https://vitrine.example.com',
    githubApiUrl: 'https://ghe.example/api/v3',
  });
});

test.each([
  [{}, /APP_ID, PRIVATE_KEY \(or PRIVATE_KEY_PATH\), WEBHOOK_SECRET not set: copy \.env\.example/],
  [{ APP_ID: '7', PRIVATE_KEY: 'x' }, /^WEBHOOK_SECRET not set/],
  [{ ...CREDENTIALS, WEBHOOK_SECRET: 'development' }, /^WEBHOOK_SECRET is a publicly known default/],
  [{ ...CREDENTIALS, WEBHOOK_SECRET: 'fifteen-letters' }, /^WEBHOOK_SECRET is too short/],
  [
    { ...CREDENTIALS, WEBHOOK_SECRET_PREVIOUS: 'development' },
    /^WEBHOOK_SECRET_PREVIOUS is a publicly known default/,
  ],
  [{ ...CREDENTIALS, APP_ID: 'Iv1.abc' }, /^APP_ID must be the number/],
  [{ ...CREDENTIALS, PRIVATE_KEY: 'not a key' }, /^PRIVATE_KEY is not a private key/],
  [{ ...CREDENTIALS, PRIVATE_KEY: elliptic() }, /^PRIVATE_KEY is not a private key/],
])('secrets that are missing or weak are refused with one line (%#)', (env, line) => {
  expect(() => envToSecrets(env)).toThrow(line);
});

test('a refusal never repeats what it refuses', () => {
  const env = { ...CREDENTIALS, APP_ID: 'ghs_secret-in-the-wrong-place', WEBHOOK_SECRET: 'short-secret' };
  expect(() => envToSecrets(env)).toThrow(
    expect.not.objectContaining({ message: expect.stringMatching(/ghs_|short-secret/) }),
  );
});

test.each([
  ['as it is', appKey()],
  ['with its line breaks written out', appKey().replaceAll('\n', '\\n')],
  ['as base64', Buffer.from(appKey()).toString('base64')],
])('the private key is understood %s', (_how, key) => {
  expect(envToSecrets({ ...CREDENTIALS, PRIVATE_KEY: key }).privateKey.trim()).toBe(appKey().trim());
});

test('while a webhook secret is being replaced the old one counts too', () => {
  const secrets = envToSecrets({ ...CREDENTIALS, WEBHOOK_SECRET_PREVIOUS: 'the one before it' });
  expect(secrets.webhookSecrets).toEqual(['sixteen-letters!', 'the one before it']);
});

test('an address of a database must be one', () => {
  expect(() => envToDatabaseUri({ MONGODB_URI: 'localhost:27017' })).toThrow(
    /^MONGODB_URI must begin with mongodb:/,
  );
  expect(envToDatabaseUri({ MONGODB_URI: ' ' })).toBeUndefined();
});

test('it is known which credentials are missing', () => {
  expect(missingCredentials({ APP_ID: '7', WEBHOOK_SECRET: '' })).toEqual(['PRIVATE_KEY', 'WEBHOOK_SECRET']);
});

const OPEN = {
  HOST: '0.0.0.0',
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://vitrine.example.com',
  PREVIEW_DOMAIN: 'previews.example.net',
};

test.each([
  [{ ...OPEN, NODE_ENV: '' }, 1000, /NODE_ENV must be production/],
  [OPEN, 0, /must not run as root/],
  [{ ...OPEN, PUBLIC_URL: '' }, 1000, /PUBLIC_URL must say/],
  [{ ...OPEN, WEBHOOK_PROXY_URL: 'https://smee.io/x' }, 1000, /WEBHOOK_PROXY_URL/],
  [{ ...OPEN, PREVIEW_DOMAIN: 'example.com' }, 1000, /PUBLIC_URL lies inside PREVIEW_DOMAIN/],
])('%j as user %d is no place to start', (env, uid, line) => {
  expect(() => checkProcess({ config: envToConfig(env), env, uid })).toThrow(line);
});

test.each([
  [OPEN, 1000, []],
  [{}, 1000, []],
  [{}, undefined, []],
  [{}, 0, [/root/]],
  [{ ...OPEN, PUBLIC_URL: 'http://vitrine.example.com' }, 1000, [/not https/]],
  [{ ...OPEN, PREVIEW_DOMAIN: 'vitrine.example.com' }, 1000, [/one domain/]],
  [{ ...OPEN, PREVIEW_DOMAIN: 'previews.vitrine.example.com' }, 1000, [/inside the host of PUBLIC_URL/]],
])('%j as user %p starts, with these warnings: %j', (env, uid, warnings) => {
  const given = checkProcess({ config: envToConfig(env), env, uid });
  expect(given).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['127.0.0.1.evil.example', false],
  ['192.168.1.2', false],
])('whether only this machine reaches %s: %p', (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback);
});

function elliptic(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}
