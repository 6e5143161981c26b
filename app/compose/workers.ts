import { Probot, ProbotOctokit } from 'probot';
import { reconcileTeardown } from '../../src/reconcile/teardown.js';
import { reconcileReport } from '../../src/reports/report.js';
import { takeScreenshot } from '../../src/screenshots/take.js';
import type { Config } from '../config/config.js';
import type { Secrets } from '../config/secrets.js';
import type { GitHubSide } from '../github/create-github.js';
import { createApplication, EVENTS } from '../index.js';
import type { Ports } from '../ports.js';
import type { Backpressure } from '../webhooks/inbox/backpressure.js';
import { createDecisions, createInboxWorker, type ReceivedEvent } from '../webhooks/inbox/worker.js';
import { soonAfterStart } from '../workers/every.js';
import { createNotifier } from '../workers/notifier.js';
import { createRunner, type Reconciler } from '../workers/reconciler.js';
import { startPeriodicJobs } from './jobs.js';
import type { Overrides } from './overrides.js';

interface WorkerParts {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly ports: Ports;
  readonly github: GitHubSide;
  readonly backpressure: Backpressure;
  readonly overrides: Pick<Overrides, 'leaseMs' | 'firstSweepMs' | 'programsEveryMs'>;
  /** Names this process in leases. */
  readonly owner: string;
}

const ROOM = 16;
/** While events wait, what they say may replace what would be reported now: deciding on them comes first. */
const ROOM_BEHIND_EVENTS = 2;

/** The background work: reconcilers, the inbox worker and the periodic jobs. */
export async function composeWorkers(parts: WorkerParts) {
  const { ports, owner, backpressure, config } = parts;
  const { leaseMs, firstSweepMs: firstMs = soonAfterStart(), programsEveryMs } = parts.overrides;
  const { clock, log } = ports;
  const lease = leaseMs === undefined ? {} : { leaseMs };
  const decisions = createDecisions();
  const receive = await createReceive(parts, decisions.record);
  const inbox = createInboxWorker({
    inbox: ports.inbox,
    receive,
    events: EVENTS,
    decisions,
    backpressure,
    owner,
    clock,
    log,
    ...lease,
  });
  const runner = createRunner({
    environments: ports.environments,
    reconcilers: {
      report: (claim) => reconcileReport(ports, claim),
      teardown: (claim) => reconcileTeardown(ports, claim),
      ...screenshotReconciler(ports),
    },
    owner,
    log,
    room: (projection) => (projection === 'screenshot' ? 1 : inbox.isFull() ? ROOM_BEHIND_EVENTS : ROOM),
    ...lease,
  });
  const startJobs = () => startPeriodicJobs(ports, { config, firstMs, lease, programsEveryMs });
  const notifier = createNotifier({ ports, owner, ...lease });
  return { runner, inbox, notifier, startJobs };
}

/** One that takes pictures, where the operator wants them. */
function screenshotReconciler(ports: Ports): { readonly screenshot?: Reconciler } {
  const { screenshotTools: tools } = ports;
  return tools ? { screenshot: (claim) => takeScreenshot({ ...ports, ...tools }, claim) } : {};
}

/** Probot only dispatches: payloads were checked before they were stored, and GitHub is called through our own port. */
async function createReceive(
  { config, secrets, ports, github }: WorkerParts,
  onDecision: Parameters<typeof createApplication>[0]['onDecision'],
) {
  const probot = new Probot({
    appId: secrets.appId,
    privateKey: secrets.privateKey,
    secret: secrets.webhookSecrets[0],
    baseUrl: config.githubApiUrl,
    Octokit: OneForAllEvents,
    // Probot would log whole payloads. Failures are returned to the inbox worker, which logs what matters.
    logLevel: 'fatal',
  });
  await probot.load(createApplication({ ports: { ...ports, installationTokens: github }, onDecision }));
  return (event: ReceivedEvent): Promise<void> => probot.receive(event as Parameters<Probot['receive']>[0]);
}

/** Probot would make an Octokit with a token for each event, which takes longer than all else that it does. No handler uses it. */
const OneForAllEvents = ProbotOctokit.defaults({
  authStrategy: ({ octokit }: { readonly octokit: unknown }) =>
    Object.assign(() => Promise.resolve(octokit), { hook: refuseToCall }),
});

function refuseToCall(): Promise<never> {
  return Promise.reject(new Error('Handlers call GitHub through their ports.'));
}
