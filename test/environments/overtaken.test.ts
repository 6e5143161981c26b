import { expect, test } from '@jest/globals';
import { supersededReason, supersession } from '../../src/environments/reasons.js';
import { ENDED_BY } from '../../src/shared/status/words.js';

const sha = 'a'.repeat(40);
const head = { sha, deploymentId: 'd1', at: new Date(0) };
const decided = (action: 'deploy' | 'skip') =>
  ({ action, rule: 'limit-environments', detail: 'There are 20 previews already.' }) as const;

test.each([
  [
    'another commit is the newest',
    { head: { ...head, sha: 'b'.repeat(40) }, decision: decided('deploy') },
    { endedBy: ENDED_BY.newerCommit, error: 'A newer commit arrived.' },
  ],
  [
    'this commit is built by another run',
    { head, decision: decided('deploy') },
    { endedBy: ENDED_BY.newerRun, error: 'Another run of this commit took over.' },
  ],
  [
    'this commit is not to be deployed any more',
    { head, decision: decided('skip') },
    { endedBy: ENDED_BY.decision, error: 'There are 20 previews already.' },
  ],
])('when %s, that ended the deployment and is what its run is told', (_when, environment, ending) => {
  expect(supersession(environment, { sha })).toEqual(ending);
  expect(supersededReason(environment, { sha })).toBe(ending.error);
});
