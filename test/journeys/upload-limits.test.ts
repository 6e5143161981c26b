import { expect, test } from '@jest/globals';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { lookAt } from '../support/look-at.js';
import { runPreview } from '../support/run-preview.js';
import { REPOSITORY, startWorld } from '../support/start-world.js';

const LARGE = 'x'.repeat(1_100_000);

test.each([
  [
    'files: 2',
    { 'a.txt': 'a', 'b.txt': 'b' },
    '3 files, at most 2 are allowed ("limits.files" of the settings)',
  ],
  [
    'file-size: 1m',
    { 'large.txt': LARGE },
    '"large.txt" has 1100000 bytes, more than the 1048576 of one file ("limits.file-size" of the settings)',
  ],
  [
    'upload-size: 1m',
    { 'large.txt': LARGE },
    'at most 1048576 are allowed ("limits.upload-size" of the settings)',
  ],
])(
  'an upload beyond "%s" is refused whole, and the check says which limit it was',
  async (limit, more, words) => {
    const files = {
      'site/index.html': '<h1>Hello</h1>\n',
      '.github/preview.yml': `output: site\nlimits:\n  ${limit}\n`,
      ...Object.fromEntries(Object.entries(more).map(([name, text]) => [`site/${name}`, text])),
    };
    await using world = await startWorld({ files });
    const { pullRequest } = await world.github.openPullRequest({ repository: REPOSITORY, head: 'large' });
    await world.drain();
    const { exitCode, log } = await runPreview(world, { number: pullRequest.number });
    expect({ exitCode, told: log.includes(words) }).toEqual({ exitCode: 1, told: true });
    await world.drain();
    const { environment, deployments } = await lookAt(world, pullRequest.number);
    expect(deployments.map(({ status, artifactRoot }) => [status, artifactRoot])).toEqual([
      [DEPLOYMENT_STATUS.failed, null],
    ]);
    expect(environment.current).toBeNull();
    const [check] = await world.reviewer.checks(pullRequest.head.sha);
    expect(check).toMatchObject({ conclusion: CONCLUSION.failure });
    expect(check?.output.summary).toContain(words);
  },
);
