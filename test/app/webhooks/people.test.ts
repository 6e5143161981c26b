import { createRequire } from 'node:module';
import { expect, test } from '@jest/globals';
import { EVENTS } from '../../../app/index.js';
import type { HandlerPorts } from '../../../app/webhooks/declare-event.js';

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
