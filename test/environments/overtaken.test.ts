import { expect, test } from '@jest/globals';
import { supersededReason } from '../../src/environments/reasons.js';

const sha = 'a'.repeat(40);
const head = { sha, deploymentId: 'd1', at: new Date(0) };
const decided = (action: 'deploy' | 'skip') =>
  ({ action, rule: 'limit-environments', detail: 'There are 20 previews already.' }) as const;

test.each([
  [
    'another commit is the newest',
    { head: { ...head, sha: 'b'.repeat(40) }, decision: decided('deploy') },
    'A newer commit arrived.',
  ],
  [
    'this commit is built by another run',
    { head, decision: decided('deploy') },
    'Another run of this commit took over.',
  ],
  [
    'this commit is not to be deployed any more',
    { head, decision: decided('skip') },
    'There are 20 previews already.',
  ],
])('when %s, that is what a run is told', (_when, environment, said) => {
  expect(supersededReason(environment, { sha })).toBe(said);
});
