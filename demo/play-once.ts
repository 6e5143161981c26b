import { breakBuild } from './scenes/break-build.js';
import { closePullRequest } from './scenes/close.js';
import { openPullRequest } from './scenes/open.js';
import { pushCommit } from './scenes/push.js';
import type { Stage } from './stage.js';
import { expectThat } from './expect.js';

/** What `-- --once` prints as its last line. */
export interface Played {
  readonly ok: true;
  readonly previewUrl: string;
  readonly commitUrls: readonly string[];
  readonly pullRequest: number;
  readonly environment: string;
  readonly githubWrites: number;
  readonly violations: number;
  readonly milliseconds: Readonly<Record<string, number>>;
}

/** Nobody goes on after a failure here. */
const note = () => undefined;

/** The whole life of a preview, each step checked. */
export async function playOnce(stage: Stage): Promise<Played> {
  const { app, github, teller } = stage;
  const first = await openPullRequest(stage, { branch: 'greet-the-world', note });
  const second = await pushCommit(stage, { before: first, text: 'Hello again', note });
  const broken = await breakBuild(stage, { before: second, note });
  await closePullRequest(stage, { pull: broken, note });
  await app.settle();
  const repository = [...github.state.repositories.values()][0]?.document.id ?? 0;
  const [environment] = await app.ports.environments.ofPullRequest(repository, first.number);
  const [violation] = github.violations;
  expectThat(!violation, `A request broke GitHub's own description: ${JSON.stringify(violation)}`);
  return {
    ok: true,
    previewUrl: first.live.url,
    commitUrls: [first.live.commitUrl, second.live.commitUrl],
    pullRequest: first.number,
    environment: environment?.id ?? '',
    githubWrites: github.writes(),
    violations: github.violations.length,
    milliseconds: teller.times,
  };
}
