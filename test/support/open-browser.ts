import { existsSync } from 'node:fs';
import { chromium, type BrowserContext } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

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

/** A profile of its own, empty, in the browser that all suites of a run share. */
export async function openBrowser(
  executablePath: string,
  { javaScript = true }: { readonly javaScript?: boolean } = {},
): Promise<Browser> {
  const browser = await chromium.connect(await sharedBrowser(executablePath));
  const context = await browser.newContext({ javaScriptEnabled: javaScript });
  return {
    context,
    async [Symbol.asyncDispose]() {
      await context.close();
      await browser.close();
    },
  };
}

async function sharedBrowser(executablePath: string): Promise<string> {
  const host = process.env['TEST_BROWSER'];
  if (!host) throw new Error('TEST_BROWSER is not set: start the tests with "npm run unit".');
  const answer = await fetch(`${host}?${String(new URLSearchParams({ program: executablePath }))}`);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`The browser did not start: ${text}`);
  return text;
}
