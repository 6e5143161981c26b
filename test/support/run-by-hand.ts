import { randomUUID } from 'node:crypto';
import { recordProgress, type Recorded } from '../../src/deployments/progress.js';
import { startDeployment, type Started } from '../../src/runs/start.js';
import type { DeploymentStatus } from '../../src/shared/status/words.js';
import { AUTHOR, type World } from './start-world.js';

export interface HandRun {
  readonly number: number;
  readonly sha: string;
  /** A run that the emulated GitHub does not know unless given. */
  readonly runId?: string;
  readonly attempt?: number;
  readonly project?: string;
  readonly target?: string;
}

export type Begun = Extract<Started, { proceed: true }>;

/** What the server hears of a workflow run, one step at a time: a test may stop wherever it likes. */
export async function startByHand({ app, repoId }: World, run: HandRun): Promise<Started> {
  const { number: pullRequest, sha, runId = '900', attempt = 1, project, target } = run;
  const repo = await app.ports.repos.get(repoId());
  const identity = {
    repoId: repoId(),
    ownerId: repo?.ownerId ?? 0,
    pullRequest,
    runId,
    runAttempt: attempt,
    actorId: 1,
    actor: AUTHOR,
    mergeSha: sha,
    eventName: 'pull_request',
    jti: randomUUID(),
    expiresAt: new Date(Date.now() + 60_000),
  };
  const body = { sha, pullRequest, run: { id: runId, attempt, job: 'preview' } };
  return startDeployment(app.ports, {
    identity,
    body: { ...body, ...(project ? { project } : {}), ...(target ? { target } : {}) },
  });
}

export async function begin(world: World, run: HandRun): Promise<Begun> {
  const started = await startByHand(world, run);
  if (!started.proceed) throw new Error(`The run of #${run.number} was refused: ${started.decision.detail}`);
  return started;
}

export interface Ending {
  readonly status: DeploymentStatus;
  readonly url?: string;
  readonly error?: string;
}

export function end({ app }: World, { deployment }: Begun, ending: Ending): Promise<Recorded> {
  const { status, error = null, ...shown } = ending;
  const outcome = { status, error, logTail: [] };
  const body = { generation: deployment.generation, ...shown, outcome };
  return recordProgress(app.ports, { deploymentId: deployment.id, body });
}
