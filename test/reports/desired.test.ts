import { expect, test } from '@jest/globals';
import { desiredReports } from '../../src/reports/desired.js';
import { defaultSettings } from '../../src/settings/settings.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import { environmentWith } from '../app/github/report/scenes.js';

test('the description of a commit status is complete: the reporter shortens it when it sends it', async () => {
  const detail = `${'x'.repeat(139)}🚀 and more`;
  const settings = defaultSettings();
  const environment = {
    ...environmentWith({
      status: ENVIRONMENT_STATUS.pending,
      settings: { ...settings, report: { ...settings.report, commitStatus: true } },
      decision: { action: 'skip', rule: 'label-excluded', detail },
    }),
    version: 1,
  };
  const { commitStatus } = await desiredReports(async () => null, { environment, siblings: [environment] });
  expect(commitStatus?.description).toBe(detail);
});
