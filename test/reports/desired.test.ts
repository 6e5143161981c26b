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

test('the comment and the check of all projects list the projects by name, however they were made', async () => {
  const made = (index: number, project: string) => ({
    ...environmentWith({ id: `65e1a000000000000000000${index}`, project, name: `pr-7-${project}` }),
    version: 1,
  });
  const siblings = ['shop', 'docs', 'api'].map((project, index) => made(index + 1, project));
  const [first] = siblings;
  if (!first) throw new Error('There is no environment.');
  const { comment, checks } = await desiredReports(async () => null, { environment: first, siblings });
  const inOrder = ['api', 'docs', 'shop'];
  expect(comment?.situations.map(({ project }) => project)).toEqual(inOrder);
  const ofAll = checks.find((check) => check.ofAll === true);
  expect(ofAll?.report.title.split(', ').map((part) => part.split(':')[0])).toEqual(inOrder);
});
