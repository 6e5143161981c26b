import { expect, test } from '@jest/globals';
import { accessModeOf } from '../../src/repositories/preview-access.js';
import { defaultSettings } from '../../src/settings/settings.js';
import type { AccessMode } from '../../src/shared/preview-access.js';

interface Scene {
  /** Of the default branch; undefined when it was never read. */
  readonly file?: string | null | undefined;
  /** What the server keeps for the project. */
  readonly kept?: AccessMode;
  /** What was in force before, and what the pull request asks for. */
  readonly before?: AccessMode;
  readonly asked?: AccessMode;
}

function modeOf({ file, kept, before, asked }: Scene): AccessMode {
  const settings = before === undefined ? null : { ...defaultSettings(), access: before };
  const head = { sha: 'a', deploymentId: 'd', at: new Date(0), ...(asked && { access: asked }) };
  return accessModeOf({
    environment: { settings, head },
    project: { name: 'hello', settings: kept ? { access: kept } : {} },
    policy: file === undefined ? undefined : { sha: 'a', file, etag: null, stale: false },
  });
}

const BROKEN = 'access: password\nacces: x\n';

test.each<[string, Scene, AccessMode]>([
  ['nothing is said', { file: null }, 'public'],
  ['the file says it', { file: 'access: password' }, 'password'],
  ['the project says it and the file does not', { file: 'output: dist', kept: 'github' }, 'github'],
  ['the file says it, whatever the project says', { file: 'access: public', kept: 'github' }, 'public'],
  ['it was loosened', { file: null, before: 'github' }, 'public'],
  ['the pull request asks for more', { file: 'access: password', asked: 'github' }, 'github'],
  ['the pull request asks for less', { file: 'access: github', asked: 'password' }, 'github'],
  ['the file has a mistake, so that what was in force stays', { file: BROKEN, before: 'github' }, 'github'],
  ['the file has a mistake, and the pull request asks for more', { file: BROKEN, asked: 'github' }, 'github'],
  ['the file was never read', { before: 'password' }, 'password'],
  ['the file was never read, and the project says more', { before: 'public', kept: 'github' }, 'github'],
])('a preview is as protected as it must be when %s', (_when, scene, expected) => {
  expect(modeOf(scene)).toBe(expected);
});

test('a project that is gone leaves its previews as protected as they were', () => {
  const settings = { ...defaultSettings(), access: 'github' } as const;
  const environment = { settings, head: null };
  expect(accessModeOf({ environment, project: null, policy: undefined })).toBe('github');
});
