import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CONCLUSION } from '../src/shared/status/github.js';
import { runAction, type ActionResult } from './runner/run-action.js';
import { writeCheckout } from './runner/write-checkout.js';
import { REPOSITORY, type Stage } from './stage.js';

export interface WorkflowOptions {
  readonly number: number;
  readonly repository?: string;
  /** What the workflow has from an earlier run, such as a cache. */
  readonly restored?: (workspace: string) => Promise<void>;
  readonly inputs?: Readonly<Record<string, string>>;
}

/** What GitHub does on a push: a fresh runner, the head checked out, our Action with its inputs. */
export async function runWorkflow(
  stage: Stage,
  { number, repository = REPOSITORY, restored, inputs = {} }: WorkflowOptions,
): Promise<ActionResult> {
  const { github, app, root, workDir } = stage;
  const run = await github.startRun({ repository, number });
  const workspace = await mkdtemp(join(workDir, 'runner-'));
  await writeCheckout(github.filesAt(repository, `refs/pull/${number}/head`), workspace);
  await restored?.(workspace);
  const result = await runAction({
    action: root,
    run,
    workspace,
    inputs: { 'server-url': app.url, ...inputs },
  });
  github.finishRun(run, result.exitCode === 0 ? CONCLUSION.success : CONCLUSION.failure);
  await rm(workspace, { recursive: true, force: true });
  return result;
}
