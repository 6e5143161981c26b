import { expect, test } from '@jest/globals';
import {
  createShareLink,
  isLinkToken,
  issueBypass,
  MOST_SHARED,
  revokeShareLink,
} from '../../src/access/links.js';
import { setPreviewPassword, tryPreviewPassword } from '../../src/access/password.js';
import { hashToken } from '../../src/people/api-token.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { environmentWith } from '../app/github/report/scenes.js';
import { createGateParts } from '../support/gate-parts.js';

function setUp() {
  const now = new Date('2026-11-29T12:00:00Z');
  const entries: { action: string; detail: string }[] = [];
  let made = 0;
  const parts = {
    ...createGateParts({ now: () => now }),
    newId: () => `id-${(made += 1)}`,
    audit: {
      record: async (entry: { action: string; detail: string }) => void entries.push(entry),
      of: async () => [],
      list: async () => ({ items: [], nextCursor: null }),
    },
  };
  const environment = environmentWith({});
  return { parts, now, entries, environment };
}

const SHARE = { name: 'For Ann', path: '/docs?a=1', duration: '7d', actor: 'octavia' };

test('a shared link leads to its path, and only the hash of its token is stored', async () => {
  const { parts, now, entries, environment } = setUp();
  const { link, token, url } = await createShareLink(parts, { ...SHARE, environment });
  expect(isLinkToken(token)).toBe(true);
  const shown = new URL(url);
  expect(shown.origin).toBe(new URL(environment.url).origin);
  expect([shown.pathname, shown.searchParams.get('a')]).toEqual(['/docs', '1']);
  expect(shown.searchParams.get('vitrine-share')).toBe(token);
  expect(link.expiresAt).toEqual(new Date(now.getTime() + 7 * 24 * 60 * 60_000));
  expect(await parts.previewLinks.byHash(hashToken(token), now)).toMatchObject(link);
  expect(JSON.stringify([link, entries])).not.toContain(token);
  expect(entries).toMatchObject([{ action: 'share-preview' }]);
  await revokeShareLink(parts, { environment, id: link.id, actor: 'octavia' });
  expect(await parts.previewLinks.byHash(hashToken(token), now)).toBeNull();
  await expect(revokeShareLink(parts, { environment, id: link.id, actor: 'octavia' })).rejects.toMatchObject({
    code: 'not_found',
  });
});

test('a link for too long, one too many, and one to a preview that is gone are refused', async () => {
  const { parts, environment } = setUp();
  const refused = (changes: object, code: string) =>
    expect(createShareLink(parts, { ...SHARE, environment, ...changes })).rejects.toMatchObject({ code });
  await refused({ duration: '91d' }, 'unprocessable');
  const gone = environmentWith({ status: ENVIRONMENT_STATUS.destroyed });
  await refused({ environment: gone }, 'environment_gone');
  const full = { ...parts, previewLinks: { ...parts.previewLinks, countShared: async () => MOST_SHARED } };
  await expect(createShareLink(full, { ...SHARE, environment })).rejects.toMatchObject({ code: 'conflict' });
});

test('the token of a run opens its environment for twelve hours', async () => {
  const { parts, now, environment } = setUp();
  const token = await issueBypass(parts, { environment, createdBy: 'run 1' });
  const found = await parts.previewLinks.byHash(hashToken(token), now);
  expect(found).toMatchObject({ kind: 'bypass', environmentId: environment.id });
  const end = new Date(now.getTime() + 12 * 60 * 60_000);
  expect(await parts.previewLinks.byHash(hashToken(token), end)).toBeNull();
});

test('a password is stored as a hash, and each one has a version of its own', async () => {
  const { parts, entries } = setUp();
  const project = { id: 'p1', slug: 'hello', name: 'hello' };
  const set = (password: string) => setPreviewPassword(parts, { project, password, actor: 'octavia' });
  await expect(set('short')).rejects.toMatchObject({ code: 'unprocessable' });
  await set('correct horse');
  const first = await parts.previewPasswords.get('p1');
  expect(first?.hash).toMatch(/^\$argon2id\$/);
  expect(JSON.stringify([first, entries])).not.toContain('correct horse');
  const enter = (password: string, address = '1.2.3.4') =>
    tryPreviewPassword(parts, { projectId: 'p1', password, address });
  expect(await enter('correct horse')).toBe(first?.version);
  expect(await enter('wrong horse')).toBeNull();
  await set('another horse');
  expect(await enter('correct horse')).toBeNull();
  expect(await enter('another horse')).not.toBe(first?.version);
  // A project without one lets nobody in.
  expect(await tryPreviewPassword(parts, { projectId: 'p2', password: '', address: '1.2.3.4' })).toBeNull();
});

test('ten wrong passwords from one address are the most, and right ones do not count', async () => {
  const { parts } = setUp();
  const project = { id: 'p1', slug: 'hello', name: 'hello' };
  await setPreviewPassword(parts, { project, password: 'correct horse', actor: 'octavia' });
  // The work of a hash is not what is tested here.
  const passwords = {
    ...parts.passwords,
    matches: async (_hash: string | null, given: string) => given === 'right',
  };
  const enter = (password: string, address: string) =>
    tryPreviewPassword({ ...parts, passwords }, { projectId: 'p1', password, address });
  for (let count = 0; count < 20; count += 1) expect(await enter('right', '1.1.1.1')).not.toBeNull();
  const attempts = await Promise.allSettled(Array.from({ length: 15 }, () => enter('wrong', '1.1.1.1')));
  expect(attempts.filter(({ status }) => status === 'rejected')).toHaveLength(5);
  await expect(enter('right', '1.1.1.1')).rejects.toMatchObject({ code: 'too_many_requests' });
  expect(await enter('right', '2.2.2.2')).not.toBeNull();
});
