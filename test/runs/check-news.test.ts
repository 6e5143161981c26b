import { expect, test } from '@jest/globals';
import { checkNews } from '../../src/runs/check-run.js';
import { formatExternalId } from '../../src/shared/run-ref.js';

const ours = { environment: 'pr-7', project: 'hello', sha: 'a'.repeat(40), run: null };
const run = { id: '5', attempt: 1, job: 'deploy' };
const runs = { ...ours, run };

test.each([
  ['of another App', 'completed', null, { kind: 'nothing', why: 'The check run is not one of ours.' }],
  ['of another App, asked for again', 'rerequested', 'theirs', { kind: 'nothing' }],
  ['that we wrote', 'created', formatExternalId(ours), { kind: 'nothing' }],
  [
    'that we wrote, asked for again',
    'rerequested',
    formatExternalId(ours),
    { kind: 'rerequested', external: ours },
  ],
  ['that a run wrote', 'completed', formatExternalId(runs), { kind: 'reported', external: runs }],
  ['that a run wrote, asked for again', 'rerequested', formatExternalId(runs), { kind: 'rerequested' }],
])('a check run %s', (_what, action, externalId, news) => {
  expect(checkNews(action, externalId)).toMatchObject(news);
});
