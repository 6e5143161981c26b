import { expect, test } from '@jest/globals';
import { askAbout } from '../../src/repositories/ask.js';
import type { GitHub, SettingsAnswer, SettingsQuestion } from '../../src/repositories/github.js';
import type { Kept, KeptPolicy } from '../../src/repositories/model.js';

const NOW = new Date('2026-01-01T00:00:00Z');
const repo = {
  id: 1,
  ownerId: 2,
  fullName: 'acme/hello',
  defaultBranch: 'main',
  installationId: 3,
  private: false,
};
const policy: KeptPolicy = { sha: 'a'.repeat(40), file: 'a: 1', etag: '"one"', stale: false };

function stage(answer: SettingsAnswer = { kind: 'file', file: 'b: 2', etag: '"two"' }) {
  const questions: SettingsQuestion[] = [];
  const people: string[] = [];
  const kept: Kept[] = [];
  const github = {
    settingsFile: async (_repo: unknown, question: SettingsQuestion) => {
      questions.push(question);
      return answer;
    },
    permission: async (_repo: unknown, login: string) => {
      people.push(login);
      return login === 'nobody' ? undefined : 'write';
    },
  } as unknown as GitHub;
  const repos = { keep: async (_seen: unknown, answers: Kept) => void kept.push(answers) };
  const ports = { github, repos, clock: { now: () => NOW } } as unknown as Parameters<typeof askAbout>[0];
  return { ports, questions, people, kept };
}

test('what is kept is not asked for', async () => {
  const { ports, questions, people, kept } = stage();
  const permissions = [{ login: 'mona', level: 'admin', at: NOW }] as const;
  const known = { ...repo, kept: { policy, permissions } };
  const answers = await askAbout(ports, { repo: known, logins: ['Mona', 'acme'] });
  expect(answers.policy).toBe('a: 1');
  expect(Object.fromEntries(answers.permissions)).toEqual({ Mona: 'admin', acme: 'admin' });
  expect([questions, people, kept]).toEqual([[], [], []]);
});

test('what is not known is asked side by side, each person once, and kept together', async () => {
  const { ports, questions, people, kept } = stage();
  await askAbout(ports, { repo, logins: ['mona', 'lisa', 'mona', 'nobody'] });
  expect(questions).toEqual([{ sha: null, etag: undefined, expected: false }]);
  expect(people).toEqual(['mona', 'lisa', 'nobody']);
  expect(kept).toEqual([
    {
      policy: { sha: null, file: 'b: 2', etag: '"two"', stale: false },
      permissions: ['mona', 'lisa'].map((login) => ({ login, level: 'write', at: NOW })),
    },
  ]);
});

test('a known policy is asked for with its ETag, and an unchanged one is not written again', async () => {
  const { ports, questions, kept } = stage({ kind: 'unchanged' });
  const known = { ...repo, kept: { policy } };
  expect((await askAbout(ports, { repo: known, logins: [], again: true })).policy).toBe('a: 1');
  expect(questions).toEqual([{ sha: null, etag: '"one"', expected: true }]);
  expect(kept).toEqual([]);
  const stale = { ...repo, kept: { policy: { ...policy, stale: true } } };
  await askAbout(ports, { repo: stale, logins: [] });
  expect(kept).toEqual([{ policy: { ...policy, sha: null } }]);
});

test('a changed policy is kept without the commit that the old one was of', async () => {
  const { ports, kept } = stage();
  await askAbout(ports, { repo: { ...repo, kept: { policy } }, logins: [], again: true });
  expect(kept).toEqual([{ policy: { sha: null, file: 'b: 2', etag: '"two"', stale: false } }]);
});

test('that there is no file is believed at first, and must be shown when it is asked again', async () => {
  const { ports, questions, kept } = stage({ kind: 'absent' });
  const absent = { sha: null, file: null, etag: null, stale: false };
  await askAbout(ports, { repo, logins: [] });
  const unproven: KeptPolicy = { ...absent, unproven: true };
  await askAbout(ports, { repo: { ...repo, kept: { policy: unproven } }, logins: [], again: true });
  await askAbout(ports, { repo: { ...repo, kept: { policy: absent } }, logins: [], again: true });
  expect(questions.map(({ expected }) => expected)).toEqual([false, true, false]);
  expect(kept).toEqual([{ policy: unproven }, { policy: absent }]);
});
