import { visit } from '../../demo/visit.js';
import type { EmulatedGitHub } from '../../demo/github/emulated-github.js';
import {
  recordProgress,
  startDeployment,
  type StartDeploymentAnswer,
} from '../../src/contract/deployments.js';
import { startProgram } from '../../src/contract/programs.js';
import { CONCLUSION } from '../../src/shared/status/github.js';
import { DEPLOYMENT_STATUS } from '../../src/shared/status/words.js';
import { apiClient, ApiRefusal } from './api-client.js';
import type { Program } from './fake-engine.js';
import { layer, registryClient } from './push-image.js';
import { REPOSITORY } from './start-world.js';

type Begun = Extract<StartDeploymentAnswer, { proceed: true }>;

/** Pushes an image that does this, and answers its digest. */
type PushProgram = (program: Program, to: { readonly url: string; readonly begun: Begun }) => Promise<string>;

interface ProgramRun {
  readonly number: number;
  readonly target: string;
  /** What it built ends at its start. */
  readonly broken?: boolean;
  /** An image of the engine of the tests unless given. */
  readonly push?: PushProgram;
  /** A compose file, for whose services the image is: for "web" unless others are named. */
  readonly file?: string;
  readonly services?: readonly string[];
  /** Called once, between the push and the start. */
  readonly pushed?: () => Promise<void>;
}

interface Where {
  readonly github: EmulatedGitHub;
  readonly app: { readonly url: string };
}

const PATIENCE_MS = 90_000;
const AGAIN_MS = 250;

/** As the Action does it: a server that does not answer is asked again until it does. */
async function patiently<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  for (const end = performance.now() + PATIENCE_MS; ;) {
    try {
      return await work();
    } catch (error) {
      const passes = !(error instanceof ApiRefusal) || error.status >= 500;
      if (!passes || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** A workflow run that builds an image and has it started, by the requests that the Action sends. The image shows index.html. */
export async function runProgram(
  { github, app }: Where,
  { number, target, broken = false, push = pushToTests, pushed, ...composed }: ProgramRun,
): Promise<{ readonly exitCode: number; readonly log: string }> {
  const run = await github.startRun({ repository: REPOSITORY, number });
  const sha = (run.event as { pull_request: { head: { sha: string } } }).pull_request.head.sha;
  const body = {
    ...{ sha, pullRequest: number, target },
    run: { id: String(run.id), attempt: run.attempt, job: run.job },
  };
  const begun = await patiently(async () => {
    const identity = await identityToken(run, app.url);
    return apiClient(app, identity)(startDeployment, { body });
  });
  if (!begun.proceed) return { exitCode: 1, log: begun.decision.detail };
  const page = github.filesAt(REPOSITORY, `refs/pull/${number}/head`)['index.html'] ?? '';
  const program: Program = broken ? ['fail', '7', 'It broke.'] : ['serve', String(page).trim()];
  const digest = await patiently(() => push(program, { url: app.url, begun }));
  await pushed?.();
  const { lines, problem, commitUrl } = await start(app, { begun, digest, ...composed });
  const error = problem ?? (await verify(commitUrl));
  const status = error === null ? DEPLOYMENT_STATUS.success : DEPLOYMENT_STATUS.failed;
  const client = apiClient(app, begun.token);
  const { id, generation } = begun.deployment;
  const outcome = { status, error, logTail: lines.slice(-40) };
  await patiently(() => client(recordProgress, { params: { id }, body: { generation, outcome } }));
  github.finishRun(run, error === null ? CONCLUSION.success : CONCLUSION.failure);
  return { exitCode: error === null ? 0 : 1, log: [...lines, error].join('\n') };
}

async function identityToken({ idToken }: Awaited<ReturnType<EmulatedGitHub['startRun']>>, audience: string) {
  if (!idToken) throw new Error('The run has no identity.');
  const url = `${idToken.requestUrl}&audience=${encodeURIComponent(audience)}`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${idToken.requestToken}` } });
  return ((await answer.json()) as { value: string }).value;
}

interface Start extends Pick<ProgramRun, 'file' | 'services'> {
  readonly begun: Begun;
  readonly digest: string;
}

async function start(app: Where['app'], { begun, digest, file, services = ['web'] }: Start) {
  const client = apiClient(app, begun.token);
  const lines: string[] = [];
  for (let seen = 0; ;) {
    const images = Object.fromEntries(services.map((service) => [service, { digest }]));
    const body = { ...(file === undefined ? { image: { digest } } : { compose: { file, images } }), seen };
    const asked = { params: { id: begun.deployment.id }, body };
    const answer = await patiently(() => client(startProgram, asked));
    lines.push(...answer.lines);
    ({ seen } = answer);
    if (answer.started || answer.problem !== null) return { ...answer, lines };
  }
}

/** Before it goes live, at the URL of its commit. */
async function verify(commitUrl: string | null): Promise<string | null> {
  const { status } = await patiently(async () => {
    const seen = await visit(commitUrl ?? '');
    if (seen.status === 503) throw new Error('The server is starting.');
    return seen;
  });
  return status === 200 ? null : `The URL of the commit answers ${status}.`;
}

const pushToTests: PushProgram = async (program, { url, begun }) => {
  const { token, plan } = begun;
  const registry = registryClient(url, token);
  const config = layer(JSON.stringify({ config: { Cmd: program, ExposedPorts: { '3000/tcp': {} } } }));
  return (await registry.pushImage(plan.registry?.repository ?? '', 'preview', [config, layer()])).digest;
};
