import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type {
  CheckReport,
  CommentReport,
  CommitStatusReport,
  DeploymentReport,
  Reporter,
  SentReport,
} from '../../src/reports/reporter.js';
import type { RepoRef } from '../../src/repositories/model.js';
import { CHECK, CONCLUSION, COMMIT_STATE, DEPLOYMENT_STATE } from '../../src/shared/status/github.js';

/** A GitHub in which a Reporter reports, and what can be seen there. */
export interface ReporterWorld {
  readonly reporter: Reporter;
  readonly repo: RepoRef;
  /** An open pull request and its head. */
  readonly number: number;
  readonly sha: string;
  checks(): Promise<
    readonly { id: number; status: string; conclusion: string | null; externalId: string; title: string }[]
  >;
  comments(): Promise<readonly { id: number; author: string; body: string }[]>;
  deployments(): Promise<
    readonly { id: number; environment: string; transient: boolean; states: readonly string[] }[]
  >;
  commitStatuses(): Promise<readonly { context: string; state: string }[]>;
  /** Requests that were to change something, so far. */
  writes(): number;
  commentAsStranger(body: string): Promise<void>;
  deleteComment(id: number): Promise<void>;
  /** The next write of this kind is done, and its answer is lost. */
  loseNextAnswer(path: RegExp): void;
  close(): Promise<void>;
}

/** Reports as the reconciler would make them; the suite changes what it is about. */
export interface ReporterFixtures {
  check(world: ReporterWorld, changes?: Partial<CheckReport>): CheckReport;
  comment(world: ReporterWorld, project?: string): CommentReport;
}

const BEGUN: SentReport = { id: null, digest: '' };

/** What every Reporter must do. `start` gives a fresh world for each test. */
export function testReporter(
  name: string,
  { start, fixtures }: { start: () => Promise<ReporterWorld>; fixtures: ReporterFixtures },
): void {
  let world: ReporterWorld;
  beforeEach(async () => {
    world = await start();
  });
  afterEach(() => world.close());

  const checkTold = (told: SentReport) => ({ ...told, sha: world.sha, settled: false });
  const check = (changes?: Partial<CheckReport>) => fixtures.check(world, changes);
  const deployment = (changes: Partial<DeploymentReport> = {}): DeploymentReport => ({
    deploymentId: '65e1a000000000000000000a',
    sha: world.sha,
    githubEnvironment: 'preview',
    state: DEPLOYMENT_STATE.inProgress,
    description: 'hello: Building',
    url: null,
    logUrl: 'https://ci.example/runs/1',
    ...changes,
  });
  const deploymentTold = (told: SentReport) => ({
    ...told,
    deploymentId: deployment().deploymentId,
    settled: false,
  });
  const status = (changes: Partial<CommitStatusReport> = {}): CommitStatusReport => ({
    sha: world.sha,
    context: 'preview',
    state: COMMIT_STATE.pending,
    description: 'Building',
    targetUrl: null,
    ...changes,
  });

  test(`${name}: a check is created once, then edited, and the same is not sent twice`, async () => {
    const { reporter, repo } = world;
    const working = check({ status: CHECK.inProgress, title: 'Building' });
    const first = await reporter.check(repo, working, null);
    expect(await reporter.check(repo, working, checkTold(first))).toEqual(first);
    expect(world.writes()).toBe(1);
    const done = check({ status: CHECK.completed, conclusion: CONCLUSION.success, title: 'Ready' });
    const second = await reporter.check(repo, done, checkTold(first));
    expect(second.id).toBe(first.id);
    expect(await world.checks()).toEqual([
      expect.objectContaining({ id: first.id, status: CHECK.completed, conclusion: CONCLUSION.success }),
    ]);
    expect((await world.checks())[0]?.title).toMatch(/^Ready/);
  });

  test(`${name}: a check whose first answer was lost is found again by its external id`, async () => {
    const { reporter, repo } = world;
    world.loseNextAnswer(/\/check-runs$/);
    await expect(reporter.check(repo, check(), null)).rejects.toMatchObject({ kind: 'ambiguous' });
    const told = await reporter.check(repo, check(), checkTold(BEGUN));
    expect((await world.checks()).map(({ id }) => id)).toEqual([told.id]);
  });

  test(`${name}: an intent without an attempt leads to one check`, async () => {
    const { reporter, repo } = world;
    const told = await reporter.check(repo, check(), checkTold(BEGUN));
    await reporter.check(repo, check({ externalId: 'vitrine:1:pr-7:other:::' }), checkTold(BEGUN));
    expect(told.id).not.toBeNull();
    expect(await world.checks()).toHaveLength(2);
  });

  test(`${name}: a check that has ended is never set back to work: what works again gets a check of its own`, async () => {
    const { reporter, repo } = world;
    const done = check({ status: CHECK.completed, conclusion: CONCLUSION.failure, title: 'Failed' });
    const first = await reporter.check(repo, done, null);
    const again = check({ status: CHECK.inProgress, title: 'Building' });
    const second = await reporter.check(repo, again, { ...checkTold(first), settled: true });
    expect(await world.checks()).toEqual([
      expect.objectContaining({ id: second.id, status: CHECK.inProgress, conclusion: null }),
      expect.objectContaining({ id: first.id, status: CHECK.completed, conclusion: CONCLUSION.failure }),
    ]);
  });

  test(`${name}: a check that has ended takes another conclusion`, async () => {
    const { reporter, repo } = world;
    const ended = { status: CHECK.completed, conclusion: CONCLUSION.success };
    const first = await reporter.check(repo, check(ended), null);
    const gone = check({ ...ended, conclusion: CONCLUSION.neutral });
    await reporter.check(repo, gone, { ...checkTold(first), settled: true });
    expect(await world.checks()).toEqual([
      expect.objectContaining({ id: first.id, conclusion: CONCLUSION.neutral }),
    ]);
  });

  test(`${name}: who has lost the right to tell changes nothing, and is told so`, async () => {
    const { reporter, repo } = world;
    const told = { check: await reporter.check(repo, check(), null) };
    const before = world.writes();
    const late = { ...repo, mayWrite: async () => false };
    const refused = { kind: 'ambiguous' };
    const working = check({ status: CHECK.inProgress });
    await expect(reporter.check(late, working, checkTold(told.check))).rejects.toMatchObject(refused);
    await expect(reporter.check(late, working, null)).rejects.toMatchObject(refused);
    await expect(reporter.comment(late, fixtures.comment(world), null)).rejects.toMatchObject(refused);
    await expect(reporter.deployment(late, deployment(), null)).rejects.toMatchObject(refused);
    await expect(reporter.commitStatus(late, status(), null)).rejects.toMatchObject(refused);
    expect(world.writes()).toBe(before);
    await reporter.check({ ...repo, mayWrite: async () => true }, working, checkTold(told.check));
    expect(world.writes()).toBe(before + 1);
  });

  test(`${name}: there is one comment; it is edited in place, and not for nothing`, async () => {
    const { reporter, repo } = world;
    const first = await reporter.comment(repo, fixtures.comment(world), null);
    expect(await reporter.comment(repo, fixtures.comment(world), first)).toEqual(first);
    expect(world.writes()).toBe(1);
    const second = await reporter.comment(repo, fixtures.comment(world, 'docs'), first);
    expect(second.id).toBe(first.id);
    expect(await world.comments()).toEqual([
      expect.objectContaining({ id: first.id, body: expect.stringContaining('docs') as unknown }),
    ]);
  });

  test(`${name}: a stranger who copies the marker keeps the comment, and ours is made beside it`, async () => {
    const { reporter, repo } = world;
    const { marker } = fixtures.comment(world);
    await world.commentAsStranger(`${marker}\nmine`);
    const told = await reporter.comment(repo, fixtures.comment(world), BEGUN);
    await reporter.comment(repo, fixtures.comment(world, 'docs'), BEGUN);
    const comments = await world.comments();
    expect(comments).toHaveLength(2);
    expect(comments[0]?.body).toBe(`${marker}\nmine`);
    expect(comments[1]).toMatchObject({ id: told.id, body: expect.stringContaining('docs') as unknown });
  });

  test(`${name}: our comment is found behind more than a page of others`, async () => {
    const { reporter, repo } = world;
    for (let count = 0; count < 101; count += 1) await world.commentAsStranger(`comment ${count}`);
    world.loseNextAnswer(/\/comments$/);
    await expect(reporter.comment(repo, fixtures.comment(world), null)).rejects.toMatchObject({
      kind: 'ambiguous',
    });
    await reporter.comment(repo, fixtures.comment(world), BEGUN);
    expect(await world.comments()).toHaveLength(102);
  });

  test(`${name}: a comment that somebody deleted is made again`, async () => {
    const { reporter, repo } = world;
    const first = await reporter.comment(repo, fixtures.comment(world), null);
    await world.deleteComment(first.id ?? 0);
    const second = await reporter.comment(repo, fixtures.comment(world, 'docs'), first);
    expect((await world.comments()).map(({ id }) => id)).toEqual([second.id]);
  });

  test(`${name}: a deployment is transient, changes state, and the same state is not sent twice`, async () => {
    const { reporter, repo } = world;
    const first = await reporter.deployment(repo, deployment(), null);
    expect(await reporter.deployment(repo, deployment(), deploymentTold(first))).toEqual(first);
    const live = deployment({
      state: DEPLOYMENT_STATE.success,
      url: 'https://pr-7.example',
      description: 'x'.repeat(500),
    });
    await reporter.deployment(repo, live, deploymentTold(first));
    expect(await world.deployments()).toEqual([
      {
        id: first.id,
        environment: 'preview',
        transient: true,
        states: [DEPLOYMENT_STATE.inProgress, DEPLOYMENT_STATE.success],
      },
    ]);
    expect(world.writes()).toBe(3);
  });

  test.each([/\/deployments$/, /\/statuses$/])(
    `${name}: a deployment whose answer from %s was lost is found again`,
    async (path) => {
      const { reporter, repo } = world;
      world.loseNextAnswer(path);
      await expect(reporter.deployment(repo, deployment(), null)).rejects.toMatchObject({
        kind: 'ambiguous',
      });
      const told = await reporter.deployment(repo, deployment(), deploymentTold(BEGUN));
      const [only, ...others] = await world.deployments();
      expect(others).toEqual([]);
      expect(only).toMatchObject({ id: told.id });
      expect(only?.states.at(-1)).toBe(DEPLOYMENT_STATE.inProgress);
    },
  );

  test(`${name}: a deployment that somebody deleted is made again, but not to be ended`, async () => {
    const { reporter, repo } = world;
    const lost = { ...deploymentTold({ id: 999_999_999, digest: 'x' }) };
    expect(
      (await reporter.deployment(repo, deployment({ state: DEPLOYMENT_STATE.inactive }), lost)).id,
    ).toBeNull();
    const told = await reporter.deployment(repo, deployment(), lost);
    expect((await world.deployments()).map(({ id }) => id)).toEqual([told.id]);
  });

  test(`${name}: what GitHub never heard of is not created to be ended`, async () => {
    const { reporter, repo } = world;
    const over = deployment({ state: DEPLOYMENT_STATE.inactive });
    expect((await reporter.deployment(repo, over, null)).id).toBeNull();
    expect((await reporter.deployment(repo, over, deploymentTold(BEGUN))).id).toBeNull();
    expect(await world.deployments()).toEqual([]);
  });

  test(`${name}: a commit status is sent when it differs`, async () => {
    const { reporter, repo } = world;
    const digest = await reporter.commitStatus(repo, status(), null);
    expect(await reporter.commitStatus(repo, status(), digest)).toBe(digest);
    await reporter.commitStatus(
      repo,
      status({ state: COMMIT_STATE.success, description: '🧨'.repeat(200) }),
      digest,
    );
    expect(world.writes()).toBe(2);
    expect((await world.commitStatuses())[0]).toEqual({ context: 'preview', state: COMMIT_STATE.success });
  });
}
