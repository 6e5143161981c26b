import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { type Browser, findBrowser, openBrowser } from './open-browser.js';
import { AUTHOR, type World } from './start-world.js';
import { signInWithGitHub } from './visitor.js';

export const SIZES = {
  desktop: { width: 1280, height: 800 },
  phone: { width: 390, height: 844 },
} as const;

interface Opened extends AsyncDisposable {
  readonly page: Page;
  readonly browser: Browser;
  /** What the page was not allowed to do, and errors of its scripts. */
  readonly complaints: readonly string[];
  /** Shows a page of the dashboard. */
  open(path: string): Promise<void>;
}

interface Wanted {
  /** Null for who is not signed in. */
  readonly login?: string | null;
  readonly size?: keyof typeof SIZES;
  readonly theme?: 'light' | 'dark';
  readonly javaScript?: boolean;
}

/** A browser in which a person is signed in unless said otherwise; undefined where there is no browser. */
export async function openDashboard(
  { app, github }: Pick<World, 'app' | 'github'>,
  { login = AUTHOR, size = 'desktop', theme = 'light', javaScript = true }: Wanted = {},
): Promise<Opened | undefined> {
  const executable = findBrowser();
  if (executable === undefined) return undefined;
  const browser = await openBrowser(executable, { javaScript });
  if (login !== null) {
    const visitor = await signInWithGitHub({ app, github, login });
    await browser.context.addCookies(
      [...visitor.cookies].map(([name, value]) => ({ name, value, url: app.url })),
    );
  }
  const page = await browser.context.newPage();
  await page.setViewportSize(SIZES[size]);
  await page.emulateMedia({ colorScheme: theme });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return {
    ...{ page, browser, complaints },
    async open(path) {
      await page.goto(`${app.url}${path}`);
    },
    [Symbol.asyncDispose]: () => browser[Symbol.asyncDispose](),
  };
}

/** What axe finds wrong with a page, in both themes: the rule, and the first element that breaks it. */
export async function violationsOn(page: Page): Promise<readonly string[]> {
  // By the protocol of the browser, which the policy of the page does not stop.
  await page.evaluate(axe.source);
  await page.emulateMedia({ colorScheme: 'dark' });
  // Of its rules, only this one looks at colours.
  const dark = await page.evaluate<Judgement>("axe.run({ runOnly: ['color-contrast'] })");
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await page.evaluate<Judgement>("axe.run({ resultTypes: ['violations'] })");
  return Object.entries({ dark, light }).flatMap(([theme, { violations }]) =>
    violations.map(({ id, nodes }) => `${theme} ${id} ${nodes[0]?.html ?? ''}`),
  );
}

type Judgement = Pick<axe.AxeResults, 'violations'>;
