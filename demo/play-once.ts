import { breakBuild } from './scenes/break-build.js';
import { closePullRequest } from './scenes/close.js';
import { openPullRequest } from './scenes/open.js';
import { pushCommit } from './scenes/push.js';
import { playGuestbook, type PlayedGuestbook } from './guestbook/story.js';
import type { Stage } from './stage.js';
import { countWrites, type WritesByKind } from './count-writes.js';
import { expectThat } from './expect.js';

/** What `-- --once` prints as its last line. */
export interface Played {
  readonly ok: true;
  readonly previewUrl: string;
  readonly commitUrls: readonly string[];
  readonly pullRequest: number;
  readonly environment: string;
  /** Newest first, as `GET /api/v1/environments/:id/deployments` lists them. */
  readonly deployments: readonly { readonly id: string; readonly sha: string; readonly status: string }[];
  /** Ids that GitHub gave. */
  readonly githubDeployments: readonly number[];
  readonly comments: readonly number[];
  readonly githubWrites: number;
  readonly githubWritesByKind: WritesByKind;
  readonly violations: number;
  /** The second story. */
  readonly guestbook: PlayedGuestbook;
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** Needed only to go on after a failure, and a failure ends `--once`. */
const note = () => undefined;

/** The whole life of a preview, each step checked. */
export async function playOnce(stage: Stage): Promise<Played> {
  const { app, github, teller } = stage;
  const first = await openPullRequest(stage, { branch: 'greet-the-world', note });
  const second = await pushCommit(stage, { before: first, text: 'Hello again', note });
  const broken = await breakBuild(stage, { before: second, note });
  await closePullRequest(stage, { pull: broken, note });
  await app.drain();
  // What was asked of GitHub for the first story: the second one asks for more.
  const asked = { githubWrites: github.writes(), githubWritesByKind: countWrites(github) };
  const guestbook = await playGuestbook(stage);
  await app.drain();
  const [violation] = github.violations;
  expectThat(!violation, `A request broke GitHub's own description: ${JSON.stringify(violation)}`);
  return {
    ok: true,
    previewUrl: first.live.url,
    commitUrls: [first.live.commitUrl, second.live.commitUrl],
    pullRequest: first.number,
    ...(await whatWasMade(stage, first.number)),
    ...asked,
    guestbook,
    violations: github.violations.length,
    milliseconds: teller.times,
  };
}

/** The ids on this server and on GitHub. */
async function whatWasMade({ app, github, reviewer }: Stage, number: number) {
  const repository = [...github.state.repositories.values()][0]?.document.id ?? 0;
  const [environment] = await app.ports.environments.ofPullRequest(repository, number);
  expectThat(environment, `Pull request ${number} should have an environment.`);
  const { items } = await app.ports.deployments.listOf(environment.id, { limit: 100 });
  return {
    environment: environment.id,
    deployments: items.map(({ id, sha, status }) => ({ id, sha, status })),
    githubDeployments: (await reviewer.deployments()).map(({ id }) => id),
    comments: (await reviewer.comments(number)).map(({ id }) => id),
  };
}
