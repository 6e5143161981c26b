import { expect, test } from '@jest/globals';
import { envToConfig } from '../../../app/config/config.js';
import { envToSecrets } from '../../../app/config/secrets.js';
import { appKey } from '../../support/run-keys.js';

const APP = { APP_ID: '1', PRIVATE_KEY: appKey(), WEBHOOK_SECRET: 'a webhook secret of the tests' };
const GOOGLE = { SIGN_IN_GOOGLE_CLIENT_ID: 'g', SIGN_IN_GOOGLE_CLIENT_SECRET: 'gs' };
const OPENID = {
  SIGN_IN_OPENID_ISSUER: 'https://id.example.com',
  SIGN_IN_OPENID_CLIENT_ID: 'o',
  SIGN_IN_OPENID_CLIENT_SECRET: 'os',
};

test('nothing is configured unless it is set', () => {
  expect(envToConfig({}).signIn).toEqual({ github: null, google: null, openId: null });
  expect(envToConfig({}).admins).toEqual([]);
});

test('each way has an id that may be shown and a secret that may not', () => {
  const env = { ...APP, GITHUB_CLIENT_ID: 'h', GITHUB_CLIENT_SECRET: 'hs', ...GOOGLE, ...OPENID };
  expect(envToConfig(env).signIn).toEqual({
    github: { clientId: 'h' },
    google: { clientId: 'g', issuer: 'https://accounts.google.com' },
    openId: {
      clientId: 'o',
      issuer: 'https://id.example.com',
      name: 'OpenID',
      scope: 'openid email profile',
    },
  });
  expect(envToSecrets(env).signIn).toEqual({ github: 'hs', google: 'gs', openId: 'os' });
});

test.each<[Record<string, string>, string]>([
  [{ SIGN_IN_GOOGLE_CLIENT_ID: 'g' }, 'SIGN_IN_GOOGLE_CLIENT_SECRET'],
  [{ GITHUB_CLIENT_SECRET: 's' }, 'GITHUB_CLIENT_ID'],
  [{ SIGN_IN_OPENID_ISSUER: 'https://id.example.com' }, 'SIGN_IN_OPENID_CLIENT_ID'],
])('half of a way, %j, stops the start and names what is missing', (env, missing) => {
  expect(() => envToSecrets({ ...APP, ...env })).toThrow(missing);
});

test.each([
  'http://id.example.com',
  'http://localhost.evil.example',
  'id.example.com',
  'ftp://id.example.com',
])('the issuer %s is refused', (SIGN_IN_OPENID_ISSUER) => {
  expect(() => envToConfig({ SIGN_IN_OPENID_ISSUER })).toThrow('SIGN_IN_OPENID_ISSUER');
});

test('a provider on this machine may do without TLS, and a scope without openid is refused', () => {
  expect(() => envToConfig({ SIGN_IN_OPENID_ISSUER: 'http://localhost:4000' })).not.toThrow();
  expect(() => envToConfig({ SIGN_IN_OPENID_SCOPE: 'email profile' })).toThrow('SIGN_IN_OPENID_SCOPE');
});

test('administrators are logins and addresses, in any case and with any separator', () => {
  expect(envToConfig({ ADMINS: 'Octavia, ada@Example.com\n hubot' }).admins).toEqual([
    ...['octavia', 'ada@example.com', 'hubot'],
  ]);
});
