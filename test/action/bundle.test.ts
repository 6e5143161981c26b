import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { startFakeVitrine } from './support/fake-vitrine.js';
import { identityEnv, runAction } from './support/run-action.js';
import { makeWorkspace, PAGE } from './support/workspace.js';

const ROOT = join(import.meta.dirname, '../..');
const DIST = join(ROOT, 'dist');
const PARTS = readdirSync(DIST).filter((name) => name.endsWith('.js'));
/** Tells at the end which files were read as programs. */
const TELLER = "process.on('exit', () => process.stderr.write(Object.keys(require.cache).join(' ')));";

function text(name: string): string {
  return readFileSync(join(DIST, name), 'utf8');
}

describe('the bundle', () => {
  test('is CommonJS, which starts faster than an ES module', () => {
    expect(JSON.parse(text('package.json'))).toEqual({ type: 'commonjs' });
    expect(text('index.js')).not.toMatch(/^(import|export) /m);
  });

  test('reads at most 100 kB, 35 kB compressed, before its first request', () => {
    const index = text('index.js');
    expect(index.length).toBeLessThan(100_000);
    expect(gzipSync(index).length).toBeLessThan(35_000);
  });

  test('loads neither the schemas nor the toolkit at its start', () => {
    const index = text('index.js');
    for (const word of ['ZodError', 'octokit', 'undici']) expect(index).not.toContain(word);
  });

  test.each([
    ['does nothing', {}],
    ['deploys', { action: 'deploy' }],
  ])('a run with a server that %s never reads the HTTP client of the toolkit', async (_what, inputs) => {
    await using server = await startFakeVitrine();
    await using workspace = await makeWorkspace({ ...PAGE, 'tell.cjs': TELLER });
    const ran = await runAction({
      workspace,
      inputs: { action: 'none', 'server-url': server.url, ...inputs },
      env: { ...identityEnv(server.url), NODE_OPTIONS: `--require ${join(workspace.code, 'tell.cjs')}` },
    });
    const read = PARTS.filter((name) => ran.stderr.includes(join(DIST, name)));
    expect(read.length).toBeGreaterThan(1);
    expect(read.filter((name) => text(name).includes('undici'))).toEqual([]);
    expect(PARTS.filter((name) => text(name).includes('undici'))).toHaveLength(1);
    expect([ran.code, ran.summary]).toEqual([0, expect.stringContaining('### Preview')]);
  });

  test.each(PARTS)('%s knows nothing of the machine that made it', (name) => {
    expect(text(name)).not.toContain(ROOT);
  });

  test('names the licences of what it holds', () => {
    expect(text('licenses.txt')).toMatch(/^zod$/m);
    expect(text('licenses.txt')).toMatch(/^@actions\/github$/m);
  });
});
