import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { createPreviewPages } from '../../../app/previews/pages.js';
import { E, type EnvironmentStatus } from '../../../src/domain/lifecycle.js';
import { startPreviewServer } from '../../support/preview-server.js';

const pages = createPreviewPages(join(process.cwd(), 'templates'));

const expected: Record<EnvironmentStatus, [number, number | null]> = {
  [E.pending]: [503, 5],
  [E.awaitingApproval]: [503, 60],
  [E.provisioning]: [503, 5],
  [E.ready]: [503, 5],
  [E.updating]: [503, 5],
  [E.sleeping]: [503, 5],
  [E.failed]: [502, null],
  [E.destroying]: [410, null],
  [E.destroyed]: [410, null],
};
const statuses = Object.keys(expected) as EnvironmentStatus[];

test.each(statuses)(
  'a preview that is %s has a page with its own status code that watches for a change',
  async (status) => {
    await using server = await disposable();
    server.show({ kind: 'page', status, title: 'octo/site #7', reason: 'because' });
    const answer = await server.ask('/some/page?x=1');
    const [code, retryAfter] = expected[status];
    expect(answer.status).toBe(code);
    expect(answer.headers['retry-after']).toBe(retryAfter === null ? undefined : String(retryAfter));
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-robots-tag': 'noindex' });
    for (const part of [
      'octo/site #7',
      'because',
      'pr-1-hello',
      `data-state="${status}"`,
      'http-equiv="refresh"',
    ]) {
      expect(answer.text).toContain(part);
    }
    const watched = await server.ask('/.well-known/vitrine/status');
    expect(watched.status).toBe(200);
    expect(watched.headers['cache-control']).toBe('no-store');
    expect(JSON.parse(watched.text)).toEqual({ state: status, live: false });
  },
);

test('an unknown preview is 404, and its page notices when it goes live', async () => {
  await using server = await disposable();
  const answer = await server.ask('/');
  expect(answer.status).toBe(404);
  expect(answer.text).toContain('data-state="unknown"');
  await server.publish({ 'index.html': 'live', '.well-known/vitrine/status': 'not mine' });
  const watched = await server.ask('/.well-known/vitrine/status?t=1');
  expect(JSON.parse(watched.text)).toEqual({ state: 'live', live: true });
  expect((await server.ask('/.well-known/vitrine/other')).status).toBe(404);
});

test('the policy of a page allows exactly its own style and script', () => {
  const { body, policy } = pages.render({ kind: 'page', waiting: { kind: 'page', status: E.pending } });
  const html = body.toString();
  for (const tag of ['style', 'script']) {
    const [, content = ''] = new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(html) ?? [];
    expect(content.length).toBeGreaterThan(100);
    expect(policy).toContain(`${tag}-src 'sha256-${createHash('sha256').update(content).digest('base64')}'`);
  }
  expect(policy).toContain("default-src 'none'");
  expect(html).not.toMatch(/(src|href)="(?!data:,)/);
});

test('what comes from outside is text, never markup, and only web addresses become links', () => {
  const evil = '<img src=x onerror=alert(1)>';
  const render = (url: string) =>
    pages
      .render({
        kind: 'page',
        label: evil,
        waiting: { kind: 'page', status: E.failed, title: evil, reason: evil, link: { text: evil, url } },
      })
      .body.toString();
  expect(render('https://ci.example/run/1')).toContain('https://ci.example/run/1');
  expect(render('https://ci.example/')).not.toContain('<img');
  expect(render('javascript:alert(1)')).not.toContain('javascript:');
  expect(render('https://x/" onclick="y')).not.toContain('" onclick');
});

async function disposable() {
  const server = await startPreviewServer();
  return { ...server, [Symbol.asyncDispose]: server.close };
}
