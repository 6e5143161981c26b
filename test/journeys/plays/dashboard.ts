import { expect } from '@jest/globals';
import { resolveOptions } from '../../../demo/github/options.js';
import type { RunContext } from '../../../demo/github/story/run-context.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import { openDashboard, type SIZES } from '../../support/dashboard.js';
import { lookAt } from '../../support/look-at.js';
import { type Person, personAt } from '../../support/person.js';
import { runPreview } from '../../support/run-preview.js';
import { AUTHOR, REPOSITORY, startWorld, type World } from '../../support/start-world.js';

/** How a person looks at the dashboard. */
export interface Way {
  readonly size: keyof typeof SIZES;
  readonly theme: 'light' | 'dark';
  readonly javaScript: boolean;
}

export const SECRET = 'hunter2-and-more';
const SHOTS = process.env['SHOTS'];

const publish = (html: string) => `
  const { mkdirSync, writeFileSync } = require('node:fs');
  mkdirSync('dist', { recursive: true });
  writeFileSync('dist/index.html', '${html}');`;

/** Fails in the middle of a long log until a secret is set. */
export const NEEDS_KEY = `
  for (let line = 1; line <= 400; line += 1) console.log('compiling ' + line);
  const isSet = process.env.API_KEY === '${SECRET}';
  if (!isSet) console.log("src/page.ts(3,7): error TS2304: Cannot find name 'API_KEY'.");
  for (let line = 1; line <= 300; line += 1) console.log('after ' + line);
  if (isSet) { ${publish('<h1>Hello with a key</h1>')} }
  else process.exitCode = 2;`;

const FILES = {
  'package.json': JSON.stringify({ scripts: { build: 'vite build' }, devDependencies: { vite: '^7' } }),
  'package-lock.json': '{}',
  '.nvmrc': '22\n',
  'build.js': publish('<h1>Hello</h1>'),
};

type Dashboard = NonNullable<Awaited<ReturnType<typeof openDashboard>>>;

/** A person before a server to which nobody has come yet. */
export interface Day extends AsyncDisposable, Pick<Dashboard, 'page' | 'open'>, Person {
  readonly world: World;
  readonly way: Way;
  environment(number: number): Promise<StoredEnvironment>;
  /**
   * A workflow run of the newest commit of a pull request, with the settings that were made in the dashboard, and with the end that it must
   * have; the same run again where one is given.
   */
  build(number: number, run: { readonly exitCode: number; readonly again?: RunContext }): Promise<RunContext>;
  /** Nothing that a page may not do was tried, and nothing of the page is beside the screen. */
  expectNoComplaints(step: string): Promise<void>;
}

export async function startDay(way: Way): Promise<Day> {
  const app = { permissions: { ...resolveOptions({}).app.permissions, actions: 'write' } } as const;
  const repositories = [{ fullName: REPOSITORY, files: FILES }];
  const world = await startWorld({ github: { users: [AUTHOR, 'stranger'], repositories, app } });
  const opened = await openDashboard(world, { ...way, login: null });
  if (!opened) throw new Error('There is no browser.');
  const { page, complaints, open } = opened;
  return {
    ...personAt(page, way),
    ...{ world, way, page, open },
    environment: async (number) => (await lookAt(world, number)).environment,
    async build(number, { exitCode, again }) {
      const ran: RunContext[] = [];
      const rerun = again ? { rerunOf: again } : {};
      const result = await runPreview(world, { number, onRun: (run) => void ran.push(run), ...rerun });
      await world.drain();
      if (result.exitCode !== exitCode)
        throw new Error(`It ended with ${String(result.exitCode)}: ${result.log}`);
      return ran[0] as RunContext;
    },
    async expectNoComplaints(step) {
      const path = `${String(SHOTS)}/${way.size}-${step.replaceAll(/\W+/g, '-').slice(0, 60)}.png`;
      if (SHOTS) await page.screenshot({ path, fullPage: true });
      expect(await page.evaluate('document.documentElement.scrollWidth > innerWidth')).toBe(false);
      expect(complaints).toEqual([]);
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await world[Symbol.asyncDispose]();
    },
  };
}
