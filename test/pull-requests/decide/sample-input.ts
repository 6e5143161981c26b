import type { DecideInput, EnvironmentState } from '../../../src/pull-requests/decide/input.js';
import type { PullRequestFacts } from '../../../src/pull-requests/facts.js';
import { defaultSettings, type Settings } from '../../../src/settings/settings.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { HEAD_SHA, pullRequest } from '../sample-pull-request.js';

type Triggers = Settings['triggers'];

export function withTriggers(changes: Partial<Triggers>): Settings {
  const settings = defaultSettings();
  return { ...settings, triggers: { ...settings.triggers, ...changes } };
}

export function live(changes: Partial<EnvironmentState> = {}): EnvironmentState {
  return {
    status: ENVIRONMENT_STATUS.ready,
    generation: 1,
    headSha: HEAD_SHA,
    isShown: true,
    approvedSha: null,
    ...changes,
  };
}

/** A trusted push to an ordinary pull request that has nothing yet, with what a test is about changed. */
export function input(
  changes: Partial<Omit<DecideInput, 'pullRequest'>> & { pullRequest?: Partial<PullRequestFacts> } = {},
): DecideInput {
  return {
    action: 'opened',
    settings: defaultSettings(),
    trust: { level: 'trusted', reason: 'The author may write to this repository.' },
    environment: null,
    counts: { environmentsInProject: 0 },
    ...changes,
    pullRequest: pullRequest(changes.pullRequest),
  };
}
