import { expect, test } from '@jest/globals';
import { defaultSettings } from '../../src/settings/settings.js';
import { ARTIFACT_LIMITS, limitSource, MIB, uploadLimits } from '../../src/uploads/limits.js';

const settings = (limits: Partial<ReturnType<typeof defaultSettings>['limits']>) => ({
  limits: { ...defaultSettings().limits, ...limits },
});

test('without settings, and by default, the limits are those of the server', () => {
  expect(uploadLimits(null)).toEqual(ARTIFACT_LIMITS);
  expect(uploadLimits(defaultSettings())).toEqual(ARTIFACT_LIMITS);
});

test('a repository can ask for less, and never gets more', () => {
  const less = { files: 10, fileSize: MIB, uploadSize: 2 * MIB };
  expect(uploadLimits(settings(less))).toEqual({
    ...ARTIFACT_LIMITS,
    files: 10,
    fileBytes: MIB,
    totalBytes: 2 * MIB,
  });
  expect(uploadLimits(settings({ fileSize: 1024 * MIB }))).toEqual(ARTIFACT_LIMITS);
});

test('a limit names the setting only when the settings made it', () => {
  const limits = uploadLimits(settings({ files: 10 }));
  expect(limitSource('files', limits)).toBe(' ("limits.files" of the settings)');
  expect(limitSource('fileBytes', limits)).toBe('');
});
