import { expect, test } from '@jest/globals';
import { visit } from '../../demo/visit.js';
import { CONCLUSION, DEPLOYMENT_STATE } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { allowed } from '../support/allowed.js';
import { expectConverged } from '../support/expect-converged.js';
import { runPreview } from '../support/run-preview.js';
import { sideBySide } from '../support/side-by-side.js';
import type { CrashPoint } from '../support/start-crashing-app.js';
import { REPOSITORY } from '../support/start-world.js';
import { withCrash } from '../support/with-crash.js';

/** The first test waits for all of them. */
const ALL_OF_THEM_MS = 300_000;
const FILES = { 'index.html': '<h1>It survived</h1>\n', 'a.css': 'a{}\n' };

/** The letters of the crash points are those of the design. */
const AT_THE_UPLOAD: readonly (readonly [string, CrashPoint])[] = [
  ['C10 in the middle of the upload', { port: 'blobs', method: 'write', when: 'before' }],
  [
    'C11 after a file was written, before it has its name',
    { port: 'blobs', method: 'write', when: 'inside' },
  ],
  ['C11 after a file has its name', { port: 'blobs', method: 'write', when: 'after' }],
  [
    'C12 after the upload is whole, before it is known',
    { port: 'artifacts', method: 'complete', when: 'after' },
  ],
  [
    'C12 before the preview goes live',
    { port: 'environments', method: 'change', when: 'before', sets: 'current' },
  ],
  [
    'C12 after the preview went live',
    { port: 'environments', method: 'change', when: 'after', sets: 'current' },
  ],
];

const afterTheCrash = sideBySide(
  AT_THE_UPLOAD.map(([, point]) => point),
  async (point) => {
    await withCrash({ point, files: FILES }, async (scene) => {
      const { github, reviewer, app, restart, quiet } = scene;
      const { pullRequest } = await github.openPullRequest({ repository: REPOSITORY, head: 'sturdy' });
      const { number, head } = pullRequest;
      const again = restart();
      const result = await runPreview({ github, app }, { number });
      await again;
      expect(result.exitCode).toBe(0);
      expect((await visit(result.outputs['preview-url'] ?? '')).body).toContain('It survived');
      await quiet();
      const { deployments } = await expectConverged(scene, number);
      expect(deployments).toMatchObject([{ sha: head.sha, status: DEPLOYMENT_STATUS.success }]);
      expect((await reviewer.checks(head.sha)).map(({ conclusion }) => conclusion)).toEqual([
        CONCLUSION.success,
      ]);
      expect((await reviewer.deployments()).map(({ state }) => state)).toEqual([DEPLOYMENT_STATE.success]);
      expect(await reviewer.comments(number)).toHaveLength(1);
    });
  },
);

test.each(AT_THE_UPLOAD)(
  'killed at %s: the run goes on after a restart, and nothing is doubled',
  (_at, point) => afterTheCrash(point),
  allowed(ALL_OF_THEM_MS),
);
