import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where a browser is; in CI a missing one is a failure, elsewhere the tests that need one say that they did not run. */
export function findBrowser(): string | undefined {
  const found = PLACES.find((path) => existsSync(path));
  if (!found && process.env['CI'])
    throw new Error('There is no Chromium: install the Debian package "chromium".');
  return found;
}

export interface Browser extends AsyncDisposable {
  readonly context: BrowserContext;
}

/** A browser with an empty profile of its own. */
export async function openBrowser(
  executablePath: string,
  { javaScript = true }: { readonly javaScript?: boolean } = {},
): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'vitrine-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: ARGUMENTS,
    javaScriptEnabled: javaScript,
  });
  return {
    context,
    async [Symbol.asyncDispose]() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
