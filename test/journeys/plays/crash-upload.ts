import { expect } from '@jest/globals';
import { visit } from '../../../demo/visit.js';
import { CONCLUSION, DEPLOYMENT_STATE } from '../../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS } from '../../../src/shared/status/words.js';
import { expectConverged } from '../../support/expect-converged.js';
import { runPreview } from '../../support/run-preview.js';
import type { CrashPoint } from '../../support/start-crashing-app.js';
import { REPOSITORY } from '../../support/start-world.js';
import { withCrash } from '../../support/with-crash.js';

const FILES = { 'index.html': '<h1>It survived</h1>\n', 'a.css': 'a{}\n' };

/** The letters of the crash points are those of the design. */
export const CRASHES_AT_THE_UPLOAD: readonly (readonly [string, CrashPoint])[] = [
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

/** The server is killed there during a run, and started again: the run must go on, and nothing may be there twice. */
export async function playUploadCrash(point: CrashPoint): Promise<void> {
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
}
