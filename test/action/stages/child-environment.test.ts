import { expect, test } from '@jest/globals';
import { childEnvironment } from '../../../action/stages/run-command.js';

test('what proves who the run is, and what speaks to later steps, is withheld from a build', () => {
  const withheld = [
    'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
    'INPUT_SECRETS',
    'GITHUB_TOKEN',
    'gh_token',
    'GITHUB_ENV',
  ];
  const env = Object.fromEntries([...withheld, 'PATH', 'GITHUB_SHA'].map((name) => [name, 'x']));
  expect(childEnvironment(env, { PREVIEW: 'true', GONE: undefined })).toEqual({
    PATH: 'x',
    GITHUB_SHA: 'x',
    PREVIEW: 'true',
  });
});

test('the mark by which the runner ends what a build leaves behind is passed on', () => {
  expect(childEnvironment({ RUNNER_TRACKING_ID: 'github_1' }, {})).toEqual({
    RUNNER_TRACKING_ID: 'github_1',
  });
});
