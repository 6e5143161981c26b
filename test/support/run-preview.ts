import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmulatedGitHub } from '../../demo/github/emulated-github.js';
import type { RunContext } from '../../demo/github/story/run-context.js';
import { runAction, type ActionResult } from '../../demo/runner/run-action.js';
import { writeCheckout } from '../../demo/runner/write-checkout.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { ROOT } from './architecture/read-sources.js';
import { REPOSITORY } from './start-world.js';

export interface PreviewRun {
  readonly number: number;
  readonly serverUrl?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** The run that the end of the pull request starts. */
  readonly closed?: boolean;
  /** A run that a person starts on the default branch. */
  readonly byHand?: boolean;
  readonly rerunOf?: RunContext;
  readonly onRun?: (run: RunContext) => void;
}

/** A workflow run of the bundled Action for the head of a pull request, on a runner of its own. */
export async function runPreview(
  { github, app }: { readonly github: EmulatedGitHub; readonly app: { readonly url: string } },
  { number, serverUrl = app.url, inputs = {}, onRun, ...start }: PreviewRun,
): Promise<ActionResult> {
  const run = await github.startRun({ repository: REPOSITORY, number, ...start });
  onRun?.(run);
  const workspace = await mkdtemp(join(tmpdir(), 'vitrine-run-'));
  try {
    await writeCheckout(github.filesAt(REPOSITORY, `refs/pull/${number}/head`), workspace);
    const result = await runAction({
      action: ROOT,
      run,
      workspace,
      inputs: { 'server-url': serverUrl, ...inputs },
    });
    github.finishRun(run, result.exitCode === 0 ? CONCLUSION.success : CONCLUSION.failure);
    return result;
  } finally {
    await rm(workspace, { recursive: true, force: true });
  }
}
