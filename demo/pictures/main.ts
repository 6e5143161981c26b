/** `npm run pictures`: photographs every page of the dashboard for docs/dashboard-pictures.md, with what the demo shows. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { chromium, type BrowserContext } from 'playwright-core';
import { isVitrineError } from '../../src/shared/errors.js';
import { AUTHOR, setStage } from '../stage.js';
import { createTeller } from '../teller.js';
import { type Scene, setScene } from './scene.js';
import { SIZES, type View, VIEWS } from './views.js';

const HELP = `Photographs the dashboard: npm run pictures [-- <word>...]

  Only the pictures whose names contain one of the words; all of them without a word. They are written to docs/images/dashboard.
  CHROMIUM names the browser when it is not at its usual place.
`;

const ROOT = resolve(import.meta.dirname, '../../..');
const PLACES = [process.env['CHROMIUM'] ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'];
/** Pictures below the visible part are loaded when a reader scrolls to them, and nobody scrolls here. */
const ALL_IMAGES = `Promise.all([...document.images].map((one) => {
  one.loading = 'eager';
  return one.decode().catch(() => undefined);
}))`;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
process.exit(await main(process.argv.slice(2)));

async function main(words: readonly string[]): Promise<number> {
  if (words.includes('--help')) return (say(HELP), 0);
  const executablePath = PLACES.find((path) => path !== '' && existsSync(path));
  const views = VIEWS.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  if (executablePath === undefined)
    return (say('There is no Chromium: install it, or name it in CHROMIUM.'), 1);
  if (views.length === 0) return (say(`No picture is called so.\n\n${HELP}`), 2);
  const teller = createTeller({ write: say, colour: 'off', now: () => performance.now() });
  const path = process.env['PATH'] ?? '';
  const stage = await setStage({ root: ROOT, port: 0, path, teller, chromium: executablePath });
  try {
    const scene = await setScene(stage);
    await photograph({ url: stage.app.url, scene, views, executablePath });
    return 0;
  } catch (error) {
    say(isVitrineError(error) || error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    await stage.close();
  }
}

interface Shoot {
  readonly url: string;
  readonly scene: Scene;
  readonly views: readonly View[];
  readonly executablePath: string;
}

async function photograph({ url, scene, views, executablePath }: Shoot): Promise<void> {
  const profile = await mkdtemp(join(tmpdir(), 'vitrine-pictures-'));
  const folder = join(ROOT, 'docs/images/dashboard');
  await mkdir(folder, { recursive: true });
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb', '--hide-scrollbars'],
  });
  try {
    await signIn(context, url);
    for (const view of views) {
      const page = await context.newPage();
      await page.setViewportSize(SIZES[view.size]);
      await page.emulateMedia({ colorScheme: view.theme, reducedMotion: 'reduce' });
      await page.goto(url + view.path(scene));
      await page.locator(view.waitFor).first().waitFor();
      await page.evaluate(ALL_IMAGES);
      await page.screenshot({ path: join(folder, `${view.name}.png`), fullPage: view.isWhole ?? true });
      await page.close();
      say(`docs/images/dashboard/${view.name}.png`);
    }
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}

/** As a newcomer does: the emulated GitHub lets everybody be anybody. */
async function signIn(context: BrowserContext, url: string): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${url}/sign-in/github?return_to=/previews`);
  await page.getByRole('button', { name: `Continue as ${AUTHOR}` }).click();
  await page.locator('.preview').first().waitFor();
  await page.close();
}
