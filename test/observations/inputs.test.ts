import { expect, test } from '@jest/globals';
import { prefetchDecisionInputs, type Observation } from '../../src/observations/inputs.js';
import { pullRequest } from '../support/builders.js';

const away = () => Promise.reject(new Error('GitHub is away'));
const ports = {
  github: { settingsFile: away, permission: away, changedFiles: away, commitMessage: away },
  projects: { ofRepo: async () => [] },
  environments: { ofPullRequest: async () => [] },
} as never;

function observed(action: string): Observation {
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

test('a pull request that was just opened is read from GitHub at once, and a failure reaches only the caller that needs it', async () => {
  const unhandled: unknown[] = [];
  const listener = (error: unknown) => unhandled.push(error);
  process.on('unhandledRejection', listener);
  const { stored, inputs } = await prefetchDecisionInputs(ports, observed('opened'));
  await new Promise(setImmediate);
  process.off('unhandledRejection', listener);
  expect([stored, unhandled]).toEqual([[], []]);
  await expect(inputs).rejects.toThrow('GitHub is away');
});

test('for any other event, GitHub is not asked in advance', async () => {
  expect((await prefetchDecisionInputs(ports, observed('synchronize'))).inputs).toBeUndefined();
});
