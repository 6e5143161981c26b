import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { eventually } from '../../demo/expect.js';
import { readPackage, startCommand } from '../../src/targets/node/start-command.js';
import { parseSettings } from '../../src/settings/settings.js';
import { ROOT } from '../support/architecture/read-sources.js';
import { buildOf, openProgramGround } from '../support/programs.js';

const EXAMPLE = join(ROOT, 'examples/guestbook');
let work: string;

/** As its workflow leaves it, with the dependency that this repository has installed. */
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'vitrine-guestbook-'));
  cpSync(EXAMPLE, work, { recursive: true });
  cpSync(join(ROOT, 'node_modules/ws'), join(work, 'node_modules/ws'), { recursive: true });
  execFileSync(process.execPath, ['build.js'], { cwd: work });
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function builtFiles(): Record<string, Buffer> {
  const dist = join(work, 'dist');
  const entries = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.map((path) => [relative(dist, path), readFileSync(path)]));
}

test('the guestbook is built, started, signed and shows new entries live', async () => {
  await using ground = await openProgramGround();
  const build = buildOf(builtFiles());
  const text = readFileSync(join(work, '.github/preview.yml'), 'utf8');
  const { settings } = parseSettings({ base: text, head: text });
  const command = startCommand({ build, manifest: await readPackage(build), start: settings.build.start });
  const { host, port } = await ground.runner.start(ground.order({ build, command }));
  const origin = `http://${host}:${String(port)}`;
  const page = async () => (await fetch(origin)).text();
  await eventually(() => page().catch(() => ''), {
    until: (html) => html.includes('<h1>Guestbook</h1>'),
    otherwise: 'The guestbook should open.',
  });
  const reader = new WebSocket(`ws://${host}:${String(port)}/live`);
  await once(reader, 'open');
  const shown = once(reader, 'message') as Promise<[Buffer]>;
  const sign = (fields: Record<string, string>) =>
    fetch(`${origin}/entries`, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  expect((await sign({ name: 'Ada', text: '<b>Hi</b>' })).status).toBe(303);
  const [entry] = await shown;
  expect(JSON.parse(entry.toString())).toEqual({ name: 'Ada', text: '<b>Hi</b>' });
  expect(await page()).toContain('&#60;b&#62;Hi');
  expect((await sign({ name: 'Ada', text: ' ' })).status).toBe(400);
  reader.terminate();
});
