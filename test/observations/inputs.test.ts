import { expect, test } from '@jest/globals';
import { prefetchDecisionInputs, type Observation } from '../../src/observations/inputs.js';
import { pullRequest } from '../pull-requests/sample-pull-request.js';

const away = () => Promise.reject(new Error('GitHub is away'));
const ports = {
  github: { settingsFile: away, permission: away, changedFiles: away, commitMessage: away },
  projects: { ofRepo: async () => [] },
  environments: { ofPullRequest: async () => [] },
} as never;

function seen(action: string): Observation {
  const repo = {
    id: 1,
    ownerId: 2,
    fullName: 'acme/hello',
    defaultBranch: 'main',
    installationId: 3,
    private: false,
  };
  return { action, repo, facts: pullRequest(), sender: { id: 4, login: 'octocat' } };
}

test('of one that was just opened GitHub is asked at once, and a failure is told only to who needs the answer', async () => {
  const unheard: unknown[] = [];
  const hear = (error: unknown) => unheard.push(error);
  process.on('unhandledRejection', hear);
  const { stored, inputs } = await prefetchDecisionInputs(ports, seen('opened'));
  await new Promise(setImmediate);
  process.off('unhandledRejection', hear);
  expect([stored, unheard]).toEqual([[], []]);
  await expect(inputs).rejects.toThrow('GitHub is away');
});

test('of any other GitHub is asked only when the event is not stale', async () => {
  expect((await prefetchDecisionInputs(ports, seen('synchronize'))).inputs).toBeUndefined();
});
