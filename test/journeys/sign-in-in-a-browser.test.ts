import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createEmulator, type Emulator } from 'emulate';
import type { Page } from 'playwright-core';
import { freePort } from '../support/free-port.js';
import { type Browser, findBrowser, openBrowser } from '../support/open-browser.js';
import { startWorld, type World } from '../support/start-world.js';

const executable = findBrowser();
const inBrowser = executable === undefined ? test.skip : test;
const CLIENT = { clientId: 'vitrine', clientSecret: 'a secret that both know' };

let google: Emulator;
let openId: { readonly issuer: string; readonly server: Server };
let world: World;
let browser: Browser;

beforeAll(async () => {
  if (executable === undefined) return;
  const port = await freePort();
  const callback = (way: string) => `http://localhost:${String(port)}/sign-in/${way}/callback`;
  google = await startGoogle(callback('google'));
  openId = await startOpenId(callback('openid'));
  world = await startWorld({
    github: { users: ['octavia', 'hubot'], app: { callbackUrls: [callback('github')] } },
    signIn: {
      port,
      config: {
        google: { clientId: CLIENT.clientId, issuer: google.url },
        openId: { clientId: CLIENT.clientId, issuer: openId.issuer, name: 'Example', scope: 'openid email' },
      },
      secrets: { google: CLIENT.clientSecret, openId: CLIENT.clientSecret },
    },
  });
  browser = await openBrowser(executable);
});
afterAll(async () => {
  if (executable === undefined) return;
  await browser[Symbol.asyncDispose]();
  await world[Symbol.asyncDispose]();
  await google.close();
  openId.server.closeAllConnections();
  await new Promise((resolve) => openId.server.close(resolve));
});

function startGoogle(callback: string): Promise<Emulator> {
  const client = {
    client_id: CLIENT.clientId,
    client_secret: CLIENT.clientSecret,
    redirect_uris: [callback],
  };
  const users = [{ email: 'ada@example.com', name: 'Ada Lovelace' }];
  return createEmulator({ service: 'google', port: 0, seed: { google: { users, oauth_clients: [client] } } });
}

const UNSUPPORTED = /oidc-provider WARNING: Unsupported runtime/;

/**
 * The library asks for Node 22 and warns on Node 20 while it is loaded. What this test uses of it works there too, so that one warning is
 * left out; any other is shown.
 */
async function loadProvider() {
  const { warn } = console;
  console.warn = (...parts: unknown[]) => {
    if (!UNSUPPORTED.test(String(parts[0]))) warn(...parts);
  };
  try {
    return (await import('oidc-provider')).Provider;
  } finally {
    console.warn = warn;
  }
}

/** The reference implementation of a provider, which asks for any name and password. */
async function startOpenId(callback: string): Promise<typeof openId> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const issuer = `http://localhost:${String((server.address() as AddressInfo).port)}`;
  const Provider = await loadProvider();
  const provider = new Provider(issuer, {
    clients: [
      {
        ...{ client_id: CLIENT.clientId, client_secret: CLIENT.clientSecret, redirect_uris: [callback] },
        ...{ token_endpoint_auth_method: 'client_secret_post' },
      },
    ],
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    findAccount: (_context, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: true }),
    }),
  });
  server.on('request', provider.callback());
  return { issuer, server };
}

async function withPage(use: (page: Page) => Promise<void>): Promise<void> {
  await browser.context.clearCookies();
  const page = await browser.context.newPage();
  const refused: string[] = [];
  page.on('console', (message) => message.type() === 'error' && refused.push(message.text()));
  await page.goto(`${world.app.url}/sign-in?return_to=/account`);
  await use(page);
  // The strict policy of our pages forbids nothing that they need.
  expect(
    refused.filter((text) => text.includes('Content Security Policy') && text.includes(world.app.url)),
  ).toEqual([]);
  await page.close();
}

const ways = (page: Page) => page.locator('[aria-labelledby=ways] li > span').allTextContents();
const heading = (page: Page) => page.getByRole('heading', { level: 1 }).textContent();

inBrowser('a person signs in with GitHub in a browser, sees who they are, and signs out', async () => {
  await withPage(async (page) => {
    expect(await page.getByRole('navigation').getByRole('link').allTextContents()).toEqual([
      ...['Sign in with GitHub', 'Sign in with Google', 'Sign in with Example'],
    ]);
    await page.getByRole('link', { name: 'Sign in with GitHub' }).click();
    await page.getByRole('button', { name: 'Continue as hubot' }).click();
    await page.waitForURL(`${world.app.url}/account`);
    expect(await heading(page)).toBe('Your account');
    const [cookie] = (await browser.context.cookies()).filter(({ name }) => name === 'sid');
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/' });
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('link', { name: 'Sign in with GitHub' }).waitFor();
    expect((await browser.context.cookies()).filter(({ name }) => name === 'sid')).toEqual([]);
  });
});

inBrowser('a person signs in with Google, and connects GitHub to the same account', async () => {
  await withPage(async (page) => {
    await page.getByRole('link', { name: 'Sign in with Google' }).click();
    await page.getByRole('button', { name: 'ada@example.com' }).click();
    await page.waitForURL(`${world.app.url}/account`);
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('Ada Lovelace');
    await page.getByRole('link', { name: 'Connect GitHub' }).click();
    await page.getByRole('button', { name: 'Continue as octavia' }).click();
    await page.waitForURL(`${world.app.url}/account`);
    expect(await ways(page)).toEqual(['GitHub', 'Google']);
  });
  const octavia = world.github.state.accounts.get('octavia');
  expect(await world.app.ports.users.byGitHubId(octavia?.id ?? 0)).toMatchObject({
    ...{ name: 'Ada Lovelace', email: 'ada@example.com', emailVerified: true },
  });
});

inBrowser('a person signs in with another OpenID provider', async () => {
  await withPage(async (page) => {
    await page.getByRole('link', { name: 'Sign in with Example' }).click();
    await page.getByPlaceholder('Enter any login').fill('grace');
    await page.getByPlaceholder('and password').fill('anything');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${world.app.url}/account`);
    expect(await page.getByLabel('Name', { exact: true }).inputValue()).toBe('grace');
    expect(await page.getByText('grace@example.org').isVisible()).toBe(true);
  });
});
