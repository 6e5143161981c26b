import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { githubApp, githubWebhook, missingFrom } from '../../../../app/cli/doctor/github.js';
import type { GitHubOptions } from '../../../../demo/github/options.js';
import { examine } from '../../../support/examine.js';
import { freePort } from '../../../support/free-port.js';
import { startTestGitHub } from '../../../support/start-test-github.js';

const PUBLIC_URL = 'https://vitrine.example.com';

async function withApp(
  app: GitHubOptions['app'],
  work: (env: Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  const github = await startTestGitHub(app ? { app } : {});
  try {
    await work({
      APP_ID: String(github.app.id),
      PRIVATE_KEY: github.app.privateKey,
      WEBHOOK_SECRET: github.app.webhookSecret,
      GITHUB_API_URL: github.url,
      PUBLIC_URL,
    });
    expect(github.violations).toEqual([]);
  } finally {
    await github.close();
  }
}

test('credentials that GitHub knows are good, and others are not', async () => {
  await withApp({ webhookUrl: `${PUBLIC_URL}/api/github/webhooks` }, async (env) => {
    expect((await examine(githubApp, env)).says).toMatch(/GitHub knows it as "vitrine-preview"/);
    expect(await examine(githubWebhook, env)).toMatchObject({ state: 'good' });
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const PRIVATE_KEY = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(await examine(githubApp, { ...env, PRIVATE_KEY })).toMatchObject({
      state: 'failed',
      says: expect.stringMatching(/refuses these credentials: Bad credentials/),
    });
    expect(await examine(githubApp, { ...env, WEBHOOK_SECRET: '' })).toMatchObject({ state: 'skipped' });
    const GITHUB_API_URL = `http://127.0.0.1:${await freePort()}`;
    expect(await examine(githubApp, { ...env, GITHUB_API_URL })).toMatchObject({
      state: 'failed',
      says: expect.stringMatching(/does not answer as GitHub does: .*ECONNREFUSED/),
    });
  });
});

test('webhooks that go elsewhere are told, with the address that is right', async () => {
  await withApp({ webhookUrl: 'https://old.example.com/api/github/webhooks' }, async (env) => {
    expect(await examine(githubWebhook, env)).toEqual({
      state: 'failed',
      says: 'GitHub sends webhooks to https://old.example.com/api/github/webhooks.',
      todo: expect.stringContaining(`${PUBLIC_URL}/api/github/webhooks`),
    });
    expect(await examine(githubWebhook, { ...env, PUBLIC_URL: '' })).toMatchObject({ state: 'skipped' });
  });
});

test('permissions and events that the App lacks are named', () => {
  const wanted = {
    default_permissions: { checks: 'write', actions: 'read' },
    default_events: ['push', 'team'],
  };
  const app = {
    slug: 'x',
    permissions: { checks: 'write', actions: 'write' },
    events: ['push', 'team', 'star'],
  };
  expect(missingFrom(app, wanted)).toEqual([]);
  expect(missingFrom({ ...app, permissions: { checks: 'read' }, events: ['push'] }, wanted)).toEqual([
    'the permission "checks: write"',
    'the permission "actions: read"',
    'the event "team"',
  ]);
});
