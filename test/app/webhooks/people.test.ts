import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { EVENTS } from '../../../app/index.js';
import type { HandlerPorts } from '../../../app/webhooks/declare-event.js';
import { addPeople } from '../../support/add-people.js';
import { nothingGitHub } from '../../support/nothing-github.js';
import { startApp } from '../../support/start-app.js';

interface Example {
  readonly name: string;
  readonly examples: readonly Record<string, unknown>[];
}

const examples = createRequire(import.meta.url)(
  '@octokit/webhooks-examples/api.github.com/index.json',
) as readonly Example[];

/** What is forgotten because of GitHub's first example of an event, as if it came from the installation 7. */
async function forgottenBy(name: string) {
  const example = examples.find((one) => one.name === name)?.examples[0];
  const forgotten: unknown[] = [];
  const repos = { forgetPermissions: async (where: unknown) => void forgotten.push(where) };
  const connections = { forgetReach: async () => undefined };
  const payload = { ...example, installation: { id: 7 } };
  const decision = await EVENTS.get(name)?.handle({ repos, connections } as unknown as HandlerPorts, payload);
  return { rule: decision?.rule, forgotten, payload };
}

test('a changed collaborator makes the permissions in that repository forgotten', async () => {
  const { rule, forgotten, payload } = await forgottenBy('member');
  const { id } = (payload as unknown as { repository: { id: number } }).repository;
  expect(forgotten).toEqual([{ id }]);
  expect(rule).toBe('permissions-changed');
});

test.each(['team', 'membership', 'organization'])(
  'the event "%s" makes the permissions in all repositories of the installation forgotten',
  async (name) => {
    const { forgotten } = await forgottenBy(name);
    expect(forgotten).toEqual([{ installationId: 7 }]);
  },
);

test('a person who revokes the authorization of the App is shown nothing more that GitHub had listed for them', async () => {
  const github = await nothingGitHub();
  const app = await startApp({ config: { githubApiUrl: github.url } });
  try {
    const { repos, projects, users, connections, inbox } = app.ports;
    const repository = { id: 11, ownerId: 1, fullName: 'acme/site', defaultBranch: 'main', private: true };
    await repos.save({ ...repository, installationId: 7 });
    await projects.ensure({ repoId: 11, name: 'site', slug: 'site', fallbackSlug: 'site-1' });
    await addPeople(app.ports, {
      repoId: 11,
      people: { ada: { githubId: 31, level: 'read' }, mona: { githubId: 32, level: 'read' } },
    });
    const seenBy = async (login: string) => {
      const response = await app.api('/api/v1/projects', { token: `vtp_${login}` });
      return ((await response.json()) as { items: unknown[] }).items.length;
    };
    expect([await seenBy('ada'), await seenBy('mona')]).toEqual([1, 1]);
    const payload = { action: 'revoked', sender: { id: 31, login: 'ada', type: 'User' } };
    for (const guid of ['1', '2'].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`)) {
      await app.deliver({ event: 'github_app_authorization', payload, guid });
      await app.drain();
    }
    const ada = await users.byGitHubId(31);
    expect(await connections.get(ada?.id ?? '')).toBeNull();
    expect([await seenBy('ada'), await seenBy('mona')]).toEqual([0, 1]);
    const { items } = await inbox.list({}, { limit: 5 });
    expect(items.map(({ decision }) => decision?.rule).toSorted()).toEqual([
      'authorization-revoked',
      'not-connected',
    ]);
  } finally {
    await app.close();
    await github.close();
  }
});
