import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { startConnectProxy } from './support/connect-proxy.js';
import { startFakeGitHub } from './support/fake-github.js';
import { startFakeVitrine } from './support/fake-vitrine.js';
import { identityEnv, runAction, RUNTIMES } from './support/run-action.js';
import { CERTIFICATE, startTlsFront } from './support/tls-front.js';
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

for (const { title, node, present } of RUNTIMES) {
  (present ? describe : describe.skip)(`the bundle on ${title}`, () => {
    test('builds, uploads and verifies a page, over TLS and through a proxy', async () => {
      await using server = await startFakeVitrine();
      await using front = await startTlsFront(server.port);
      await using proxy = await startConnectProxy(front.port);
      await using workspace = await makeWorkspace({});
      const inputs = {
        'server-url': 'https://preview.example',
        'build-command': 'mkdir dist && echo Hello > dist/index.html',
      };
      const env = {
        ...identityEnv(server.url),
        https_proxy: proxy.url,
        NODE_EXTRA_CA_CERTS: CERTIFICATE,
      };
      const ran = await runAction({ node, workspace, inputs, env });
      expect(ran.outputs).toMatchObject({ status: DEPLOYMENT_STATUS.success, reason: '', live: 'true' });
      expect([ran.code, ran.stderr]).toEqual([0, '']);
      expect([server.calls('plan').length, server.calls('pack').length]).toEqual([1, 1]);
      expect(ran.summary).toMatch(/^\| Verifying \| ✅ Done \|/m);
    });

    test('a build that fails ends the job with its log', async () => {
      await using server = await startFakeVitrine();
      await using workspace = await makeWorkspace({});
      const inputs = { 'server-url': server.url, 'build-command': 'echo "no such module" >&2; exit 3' };
      const ran = await runAction({ node, workspace, inputs, env: identityEnv(server.url) });
      expect([ran.code, ran.stderr]).toEqual([1, '']);
      expect(ran.outputs['status']).toBe(DEPLOYMENT_STATUS.failed);
      expect(ran.summary).toContain('no such module');
      expect(server.bodies('progress').at(-1)).toMatchObject({
        outcome: { status: DEPLOYMENT_STATUS.failed },
      });
    });

    test('reports a preview of an earlier step without a server', async () => {
      await using github = await startFakeGitHub();
      await using workspace = await makeWorkspace({});
      const inputs = { url: `${github.url}/site`, 'github-token': 'ghs_token' };
      const ran = await runAction({ node, workspace, inputs, env: { GITHUB_API_URL: github.url } });
      expect([ran.code, ran.stderr]).toEqual([0, '']);
      expect(github.checks).toMatchObject([{ name: 'Preview', conclusion: CONCLUSION.success }]);
      expect(github.comments).toHaveLength(1);
    });
  });
}
