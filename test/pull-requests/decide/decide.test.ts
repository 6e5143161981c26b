import { expect, test } from '@jest/globals';
import { decide, decideAgain, limitReached } from '../../../src/pull-requests/decide/decision.js';
import { type DecideInput, LABELS, NOTICED } from '../../../src/pull-requests/decide/input.js';
import { defaultSettings, parseSettings } from '../../../src/settings/settings.js';
import { ENVIRONMENT_STATUS, GONE_ENVIRONMENTS } from '../../../src/shared/status/words.js';
import {
  decideInput,
  HEAD_SHA,
  liveEnvironment,
  NEXT_SHA,
  pullRequest,
  withTriggers,
} from '../../support/builders.js';

const told = (of: DecideInput) => {
  const { action, rule } = decide(of);
  return `${action} ${rule}`;
};
const next = { ...pullRequest().head, sha: NEXT_SHA };
const fork = { ...pullRequest().head, repoId: 11 };
const waits = { level: 'approval', reason: 'The author may not write to this repository.' } as const;
const unknown = { level: 'denied', reason: 'GitHub did not say what the author may do.' } as const;
const before = (action: 'deploy' | 'hold' | 'skip') => ({ action, rule: 'opened', detail: 'x' }) as const;

test.each([
  ['opened', 'deploy opened'],
  ['reopened', 'deploy reopened'],
  ['synchronize', 'deploy new-commit'],
  ['ready_for_review', 'deploy ready-for-review'],
  ['labeled', 'deploy label-added'],
  ['unlabeled', 'deploy now-qualifies'],
  ['edited', 'deploy now-qualifies'],
  ['converted_to_draft', 'deploy now-qualifies'],
  ['closed', 'ignore closed-stale'],
  ['assigned', 'ignore action-not-relevant'],
  ['auto_merge_enabled', 'ignore action-not-relevant'],
  ['__proto__', 'ignore action-not-relevant'],
  ['', 'ignore action-not-relevant'],
])('an open pull request without a preview, on "%s": %s', (action, expected) => {
  expect(told(decideInput({ action }))).toBe(expected);
});

test.each([
  ['a new commit is deployed', { action: 'synchronize', pullRequest: { head: next } }, 'deploy new-commit'],
  ['the same commit is not deployed twice', { action: 'synchronize' }, 'update unchanged'],
  [
    'a new title changes what is shown',
    { action: 'edited', pullRequest: { title: 'Better' } },
    'update unchanged',
  ],
  [
    'a skip word in the title takes it down',
    { action: 'edited', pullRequest: { title: 'x [skip preview]' } },
    'destroy skip-word-title',
  ],
  ['a draft takes it down', { action: 'converted_to_draft', pullRequest: { draft: true } }, 'destroy draft'],
  [
    'the label preview:skip takes it down',
    { action: 'labeled', pullRequest: { labels: ['Preview:Skip'] } },
    'destroy label-skip',
  ],
  [
    'an unrelated label changes nothing',
    { action: 'labeled', label: 'bug', pullRequest: { labels: ['bug'] } },
    'update unchanged',
  ],
  [
    'preview:hold keeps what is there',
    { action: 'labeled', pullRequest: { labels: ['preview:hold'] } },
    'update label-hold',
  ],
  [
    'preview:hold lets new commits wait',
    { action: 'synchronize', pullRequest: { head: next, labels: ['preview:hold'] } },
    'hold label-hold',
  ],
  [
    'a stranger who edits does not put it in question',
    { action: 'edited', trust: waits },
    'update unchanged',
  ],
  [
    'a commit that nobody vouches for waits',
    { action: 'synchronize', trust: waits, pullRequest: { head: next } },
    'hold awaiting-approval',
  ],
  [
    'a commit says it wants none',
    { action: 'synchronize', pullRequest: { head: next, commitMessage: 'wip [preview skip]' } },
    'skip skip-word-commit',
  ],
  [
    'a full project does not stop its updates',
    { action: 'synchronize', counts: { environmentsInProject: 99 }, pullRequest: { head: next } },
    'deploy new-commit',
  ],
  ['closing takes it down', { action: 'closed', pullRequest: { state: 'closed' } }, 'destroy closed'],
  [
    'merging takes it down',
    { action: 'closed', pullRequest: { state: 'closed', merged: true } },
    'destroy merged',
  ],
  [
    'preview:keep lets it live on',
    { action: 'closed', pullRequest: { state: 'closed', labels: ['preview:keep'] } },
    'update closed-kept',
  ],
  [
    'taking preview:keep away ends it',
    { action: 'unlabeled', label: 'preview:keep', pullRequest: { state: 'closed' } },
    'destroy closed',
  ],
  [
    'an old event that says open does not bring it back',
    { action: 'synchronize', pullRequest: { state: 'closed' } },
    'destroy closed',
  ],
] as const)('with a live preview, %s', (_, changes, expected) => {
  expect(
    told(decideInput({ environment: liveEnvironment(), ...changes } as Parameters<typeof decideInput>[0])),
  ).toBe(expected);
});

test.each([
  [{ forks: 'deny' }, { head: fork }, 'fork-denied'],
  [{ forks: 'deny' }, { head: { ...fork, repoId: null } }, 'fork-denied'],
  [{}, { labels: ['preview:skip'] }, 'label-skip'],
  [{ labels: { include: [], exclude: ['WIP'] } }, { labels: ['wip'] }, 'label-excluded'],
  [{ mode: 'label' }, { labels: [] }, 'label-missing'],
  [{ mode: 'label', labels: { include: ['demo'], exclude: [] } }, { labels: ['preview'] }, 'label-missing'],
  [{ labels: { include: ['demo'], exclude: [] } }, { labels: [] }, 'label-missing'],
  [{}, { draft: true }, 'draft'],
  [{ bots: false }, { author: { id: 2, login: 'dependabot[bot]', isBot: true } }, 'bot'],
  [
    { branches: { base: ['main'], head: [] } },
    { base: { ...pullRequest().base, ref: 'next' } },
    'base-branch',
  ],
  [
    { branches: { base: [], head: ['!wip/**'] } },
    { head: { ...pullRequest().head, ref: 'wip/a' } },
    'head-branch',
  ],
  [{}, { title: '[skip preview] x' }, 'skip-word-title'],
] as const)('with triggers %j, %j gets no preview, and loses it: %s', (triggers, facts, rule) => {
  const of = { action: 'edited', settings: withTriggers(triggers as object), pullRequest: facts as object };
  expect(told(decideInput(of))).toBe(`skip ${rule}`);
  expect(told(decideInput({ ...of, environment: liveEnvironment() }))).toBe(`destroy ${rule}`);
  for (const status of GONE_ENVIRONMENTS)
    expect(told(decideInput({ ...of, environment: liveEnvironment({ status }) }))).toBe(`skip ${rule}`);
});

test.each([
  [{ drafts: true }, { draft: true }],
  [{ mode: 'label' }, { labels: ['Preview'] }],
  [{ labels: { include: ['demo', 'show'], exclude: [] } }, { labels: ['show'] }],
  [{ branches: { base: ['main'], head: ['add-*'] } }, {}],
  [{}, { author: { id: 2, login: 'dependabot[bot]', isBot: true } }],
  [{}, { title: 'foo[skip preview]bar' }],
  [{ paths: { include: ['site/**'], ignore: [] } }, { changedFiles: undefined }],
  [{ paths: { include: ['site/**'], ignore: ['**/*.md'] } }, { changedFiles: ['site/a.md', 'site/a.css'] }],
  [{ paths: { include: [], ignore: ['docs/**'] } }, { changedFiles: ['src/a.ts'] }],
] as const)('with triggers %j, %j gets a preview', (triggers, facts) => {
  const of = { settings: withTriggers(triggers as object), pullRequest: facts as object };
  expect(told(decideInput(of))).toBe('deploy opened');
});

test.each([
  [{ paths: { include: ['site/**'], ignore: [] } }, ['src/a.ts']],
  [{ paths: { include: ['site/**'], ignore: ['**/*.md'] } }, ['site/a.md', 'src/a.ts']],
  [{ paths: { include: [], ignore: ['docs/**'] } }, ['docs/a.md']],
  [{ paths: { include: [], ignore: [] } }, []],
] as const)(
  'with triggers %j, a change of %j is skipped and what is live stays',
  (triggers, changedFiles) => {
    const settings = withTriggers(triggers as object);
    expect(told(decideInput({ settings, pullRequest: { changedFiles } }))).toBe('skip paths');
    expect(
      told(
        decideInput({ settings, environment: liveEnvironment(), pullRequest: { changedFiles, head: next } }),
      ),
    ).toBe('skip paths');
    expect(
      told(decideInput({ settings, environment: liveEnvironment(), pullRequest: { changedFiles } })),
    ).toBe('update paths');
  },
);

test('of several projects only those are deployed whose files changed', () => {
  const changed = { changedFiles: ['packages/web/a.ts'] };
  expect(told(decideInput({ project: { paths: ['packages/web/**'] }, pullRequest: changed }))).toBe(
    'deploy opened',
  );
  expect(told(decideInput({ project: { paths: ['packages/docs/**'] }, pullRequest: changed }))).toBe(
    'skip paths',
  );
});

test('a commit that changes nothing of what is shown is skipped, and the report says so', () => {
  const { action, detail } = decide(
    decideInput({
      action: 'synchronize',
      project: { paths: ['packages/web/**'] },
      environment: liveEnvironment(),
      filesSinceShown: ['docs/a.md'],
      pullRequest: { changedFiles: ['packages/web/a.ts'], head: next },
    }),
  );
  expect({ action, detail }).toEqual({
    action: 'skip',
    detail: expect.stringMatching(/has changed since the commit that it shows/),
  });
});

test('by hand, only the first preview is asked for', () => {
  const settings = withTriggers({ mode: 'manual' });
  expect(told(decideInput({ settings }))).toBe('skip manual');
  expect(decide(decideInput({ settings })).detail).toMatch(/no way to start one yet\. Set another mode/);
  expect(
    told(
      decideInput({
        settings,
        action: 'synchronize',
        environment: liveEnvironment(),
        pullRequest: { head: next },
      }),
    ),
  ).toBe('deploy new-commit');
});

test('a full project says so', () => {
  const decision = decide(decideInput({ counts: { environmentsInProject: 20 } }));
  expect(decision).toMatchObject({ action: 'skip', rule: 'limit-environments' });
  expect(decision.detail).toContain('20 previews');
  expect(told(decideInput({ counts: { environmentsInProject: 19 } }))).toBe('deploy opened');
});

test.each([
  ['the author may not write', waits, 'hold awaiting-approval'],
  ['GitHub does not say', unknown, 'hold permission-unknown'],
] as const)('when %s, the first commit waits', (_, trust, expected) => {
  expect(told(decideInput({ trust }))).toBe(expected);
  expect(decide(decideInput({ trust })).detail).toContain('preview:approved');
});

test('a fork that is allowed waits for approval of this very commit', () => {
  const settings = withTriggers({ forks: 'approve' });
  const held = liveEnvironment({ status: ENVIRONMENT_STATUS.awaitingApproval });
  expect(told(decideInput({ settings, trust: waits, pullRequest: { head: fork } }))).toBe(
    'hold awaiting-approval',
  );
  expect(
    told(
      decideInput({
        settings,
        trust: waits,
        environment: held,
        action: 'edited',
        pullRequest: { head: fork },
      }),
    ),
  ).toBe('hold awaiting-approval');
  const approved = { ...held, approvedSha: HEAD_SHA };
  expect(
    told(decideInput({ settings, environment: approved, action: 'labeled', pullRequest: { head: fork } })),
  ).toBe('deploy approved');
  const pushed = { action: 'synchronize', trust: waits, pullRequest: { head: { ...fork, sha: NEXT_SHA } } };
  expect(told(decideInput({ settings, environment: approved, ...pushed }))).toBe('hold awaiting-approval');
});

test.each([
  ['refused', withTriggers({ forks: 'deny' })],
  ['held', withTriggers({ forks: 'approve' })],
])('a fork that is %s is told what works: its branch in this repository', (_how, settings) => {
  const { detail } = decide(decideInput({ settings, trust: waits, pullRequest: { head: fork } }));
  expect(detail).toMatch(/no identity/);
  expect(detail).toMatch(/push the branch to this repository/i);
  expect(detail).not.toMatch(/triggers\.forks/);
});

test('a fork that is not allowed gets nothing, approved or not', () => {
  expect(
    told(
      decideInput({ environment: liveEnvironment({ approvedSha: HEAD_SHA }), pullRequest: { head: fork } }),
    ),
  ).toBe('destroy fork-denied');
});

test.each([
  ['deploy', 'ignore gone-until-asked'],
  ['skip', 'deploy now-qualifies'],
] as const)(
  'when a preview is gone and the last decision was "%s", a new title leads to: %s',
  (action, expected) => {
    const environment = liveEnvironment({ status: ENVIRONMENT_STATUS.destroyed, decision: before(action) });
    expect(told(decideInput({ action: 'edited', environment }))).toBe(expected);
  },
);

test('a preview that expired or was taken down comes back for a push, not for a label', () => {
  for (const rule of ['asked', 'expired'] as const) {
    const environment = liveEnvironment({
      status: ENVIRONMENT_STATUS.destroyed,
      decision: { action: 'destroy', rule, detail: 'x' },
    });
    expect(told(decideInput({ action: 'labeled', label: 'bug', environment }))).toBe(
      'ignore gone-until-asked',
    );
    expect(told(decideInput({ action: 'labeled', label: 'preview', environment }))).toBe(
      'deploy label-added',
    );
    expect(told(decideInput({ action: 'synchronize', environment }))).toBe('deploy new-commit');
    expect(told(decideInput({ action: 'reopened', environment }))).toBe('deploy reopened');
  }
});

test.each([
  ['preview:hold is set', { action: 'labeled', label: 'preview:hold', facts: { labels: ['preview:hold'] } }],
  ['preview:skip is set', { action: 'labeled', label: 'preview:skip', facts: { labels: ['preview:skip'] } }],
  ['it has preview:hold and a new title', { action: 'edited', facts: { labels: ['preview:hold'] } }],
  ['preview:hold is taken away', { action: 'unlabeled', label: 'preview:hold', facts: {} }],
  ['its title gets a skip word', { action: 'edited', facts: { title: '[skip preview] x' } }],
  ['it becomes a draft', { action: 'converted_to_draft', facts: { draft: true } }],
  [
    'the settings have a mistake',
    { action: 'edited', facts: {}, problems: parseSettings({ base: 'acces: x' }).problems },
  ],
  ['it is started by hand only', { action: 'edited', facts: {}, settings: withTriggers({ mode: 'manual' }) }],
] as const)('what expired or was taken down by hand keeps its reason when %s', (_, { facts, ...changes }) => {
  for (const rule of ['asked', 'expired'] as const) {
    const environment = liveEnvironment({
      status: ENVIRONMENT_STATUS.destroyed,
      decision: { action: 'destroy', rule, detail: 'x' },
    });
    expect(told(decideInput({ ...changes, environment, pullRequest: facts as object }))).toBe(
      'ignore gone-until-asked',
    );
  }
});

test('what was taken down by hand comes back for a label that the settings name', () => {
  const environment = liveEnvironment({
    status: ENVIRONMENT_STATUS.destroyed,
    decision: { action: 'destroy', rule: 'asked', detail: 'x' },
  });
  const settings = withTriggers({ labels: { include: ['deploy-me'], exclude: [] } });
  const labels = ['Deploy-Me'];
  const of = { action: 'labeled', environment, settings, pullRequest: { labels } };
  expect(told(decideInput({ ...of, label: 'Deploy-Me' }))).toBe('deploy label-added');
  expect(told(decideInput({ ...of, label: 'bug' }))).toBe('ignore gone-until-asked');
});

test('an environment that was only ever skipped is not taken down, and deploys as soon as it qualifies', () => {
  const environment = liveEnvironment({ status: ENVIRONMENT_STATUS.pending, decision: before('skip') });
  expect(told(decideInput({ action: 'edited', environment, pullRequest: { draft: true } }))).toBe(
    'skip draft',
  );
  expect(told(decideInput({ action: 'ready_for_review', environment }))).toBe('deploy ready-for-review');
  expect(told(decideInput({ action: 'closed', environment, pullRequest: { state: 'closed' } }))).toBe(
    'ignore closed-already',
  );
});

test('a commit that waited beside a live preview is deployed once it may be', () => {
  const environment = liveEnvironment({ headSha: NEXT_SHA, decision: before('hold') });
  expect(told(decideInput({ action: 'unlabeled', environment, pullRequest: { head: next } }))).toBe(
    'deploy now-qualifies',
  );
  expect(
    told(decideInput({ action: 'edited', environment, trust: waits, pullRequest: { head: next } })),
  ).toBe('hold awaiting-approval');
});

test('a settings file with a mistake stops deployments and says where it is', () => {
  const { problems } = parseSettings({ base: 'build: x', head: 'build: x\nport: 0' });
  const decision = decide(decideInput({ problems }));
  expect(decision).toMatchObject({ action: 'skip', rule: 'settings-invalid' });
  expect(decision.detail).toMatch(/^Line 2 of .github\/preview.yml in this pull request: port must be/);
  expect(told(decideInput({ problems, environment: liveEnvironment(), action: 'edited' }))).toBe(
    'update settings-invalid',
  );
  const ours = parseSettings({ base: 'acces: password' }).problems;
  expect(decide(decideInput({ problems: ours })).detail).toMatch(
    /^Line 1 .* in the default branch: .*did you mean access/,
  );
});

test('a mistake in the settings takes nothing down that is live: what allowed it may be what cannot be read', () => {
  const { problems, settings } = parseSettings({ base: 'triggers:\n  drafts: treu\n  forks: approv' });
  const draft = { draft: true, head: { ...pullRequest().head, repoId: 11 } };
  const of = { problems, settings, action: 'edited', pullRequest: draft };
  expect(told(decideInput({ ...of, environment: liveEnvironment() }))).toBe('update settings-invalid');
  expect(told(decideInput({ ...of, environment: liveEnvironment({ headSha: NEXT_SHA }) }))).toBe(
    'skip settings-invalid',
  );
  const stopped = { ...draft, labels: ['preview:skip'] };
  expect(told(decideInput({ ...of, environment: liveEnvironment(), pullRequest: stopped }))).toBe(
    'destroy label-skip',
  );
});

test('what was only noticed asks for nothing: it brings back neither what expired nor what was taken down', () => {
  for (const rule of ['asked', 'expired'] as const) {
    const environment = liveEnvironment({
      status: ENVIRONMENT_STATUS.destroyed,
      decision: { action: 'destroy', rule, detail: 'x' },
    });
    expect(told(decideInput({ action: NOTICED, environment }))).toBe('ignore gone-until-asked');
  }
  expect(told(decideInput({ action: NOTICED, environment: liveEnvironment() }))).toBe('update unchanged');
  expect(
    told(decideInput({ action: NOTICED, environment: liveEnvironment({ decision: before('skip') }) })),
  ).toBe('deploy now-qualifies');
});

test('a note about the settings stops nothing', () => {
  const { problems } = parseSettings({ base: 'access: github', head: 'access: public' });
  expect(problems).toHaveLength(1);
  expect(told(decideInput({ problems }))).toBe('deploy opened');
});

test.each([
  ['is still built', { status: ENVIRONMENT_STATUS.provisioning, decision: before('deploy') }],
  ['failed', { status: ENVIRONMENT_STATUS.failed, decision: before('deploy') }],
  ['awaits approval', { status: ENVIRONMENT_STATUS.awaitingApproval, decision: before('hold') }],
] as const)('preview:keep keeps nothing that never went live: the first build %s', (_, state) => {
  const environment = liveEnvironment({ ...state, isShown: false });
  const closed = { state: 'closed', labels: ['preview:keep'] } as const;
  expect(told(decideInput({ action: 'closed', environment, pullRequest: closed }))).toBe('destroy closed');
  expect(told(decideInput({ action: 'closed', environment, pullRequest: { ...closed, merged: true } }))).toBe(
    'destroy merged',
  );
  expect(
    told(
      decideInput({ action: 'closed', environment: { ...environment, isShown: true }, pullRequest: closed }),
    ),
  ).toBe('update closed-kept');
});

test('closing what has no preview is nothing to do', () => {
  const closed = { action: 'closed', pullRequest: { state: 'closed' } } as const;
  expect(told(decideInput(closed))).toBe('ignore closed-already');
  for (const status of GONE_ENVIRONMENTS)
    expect(told(decideInput({ ...closed, environment: liveEnvironment({ status }) }))).toBe(
      'ignore closed-already',
    );
});

test('a protected preview is deployed like any other: the gate in front of it lets visitors in', () => {
  for (const access of ['password', 'github'] as const) {
    const settings = { ...defaultSettings(), access };
    expect(decide(decideInput({ settings }))).toMatchObject({ action: 'deploy' });
  }
});

test('an environment that gives up its place is told the limit and what to do', () => {
  const { action, rule, detail } = limitReached(defaultSettings());
  expect([action, rule]).toEqual(['skip', 'limit-environments']);
  expect(detail).toContain(String(defaultSettings().limits.environments));
});

test('where idle previews give way, one that finds no idle one is told why', () => {
  const settings = defaultSettings();
  const limits = { ...settings.limits, whenFull: 'evict-idle', environments: 2 } as const;
  const { rule, detail } = limitReached({ ...settings, limits });
  expect(rule).toBe('limit-environments');
  expect(detail).toMatch(/already has 2 previews.* None of them is idle.* raise "limits.environments"/);
});

const accepted = liveEnvironment({
  status: ENVIRONMENT_STATUS.pending,
  isShown: false,
  decision: before('deploy'),
});
const again = (changes: Parameters<typeof decideInput>[0] = {}) => {
  const input = decideInput({ action: NOTICED, environment: accepted, ...changes });
  return { again: decideAgain(input), first: decide(input) };
};

test('before a run builds, an accepted commit stays accepted when nothing speaks against it', () => {
  const { again: second, first } = again();
  expect(second).toEqual(first);
});

test('before a run builds, an accepted commit is refused for what was not known before', () => {
  const skipped = again({ pullRequest: { commitMessage: 'Add a page [skip preview]' } });
  expect(skipped.again).toMatchObject({ action: 'skip' });
  const labelled = again({ settings: withTriggers({ mode: 'label' }) });
  expect(labelled.again.action).toBe('skip');
});

test('before a run builds, what holds back newer commits does not hold back the accepted one', () => {
  const held = again({ pullRequest: { labels: [LABELS.hold] } });
  expect(held.again).toEqual(held.first);
});

test('before a run builds, a refusal of a commit with an older live preview leaves that preview online', () => {
  const live = liveEnvironment({ decision: before('deploy') });
  const { again: second } = again({
    environment: live,
    problems: parseSettings({ base: 'acces: x' }).problems,
  });
  expect(second).toMatchObject({ action: 'skip', rule: 'settings-invalid' });
});
