import { Probot, ProbotOctokit } from 'probot';
import { collectWords } from '../../src/deployments/logs/search.js';
import { forgetOldDeliveries } from '../../src/deliveries/retention.js';
import { continueDeletions } from '../../src/reconcile/deletions.js';
import { countEndings } from '../../src/reconcile/endings.js';
import { createHealthCheck } from '../../src/reconcile/health.js';
import { createLogRetention } from '../../src/reconcile/log-retention.js';
import { promoteQueued } from '../../src/reconcile/queue.js';
import { reconcileStuck } from '../../src/reconcile/stuck.js';
import { sweep } from '../../src/reconcile/sweep.js';
import { reconcileTeardown } from '../../src/reconcile/teardown.js';
import { reconcileReport } from '../../src/reports/report.js';
import { forgetDelivered } from '../../src/secrets/delivered.js';
import { rotateKeys } from '../../src/secrets/rotate.js';
import type { Config } from '../config/config.js';
import type { Secrets } from '../config/secrets.js';
import type { GitHubSide } from '../github/create-github.js';
import { createApplication, EVENTS } from '../index.js';
import type { Ports } from '../ports.js';
import type { Backpressure } from '../webhooks/inbox/backpressure.js';
import { createDecisions, createInboxWorker, type ReceivedEvent } from '../webhooks/inbox/worker.js';
import { every, soonAfterStart } from '../workers/every.js';
import { createNotifier } from '../workers/notifier.js';
import { createRunner } from '../workers/reconciler.js';
import type { Overrides } from './overrides.js';

interface WorkerParts {
  readonly config: Config;
  readonly secrets: Secrets;
  readonly ports: Ports;
  readonly github: GitHubSide;
  readonly backpressure: Backpressure;
  readonly overrides: Pick<Overrides, 'leaseMs' | 'firstSweepMs'>;
  /** Names this process in leases. */
  readonly owner: string;
}

const CONCURRENCY = 16;
const STUCK_EVERY_MS = 60_000;
const QUEUE_EVERY_MS = 30_000;
const DELETIONS_EVERY_MS = 30_000;
const SWEEP_EVERY_MS = 5 * 60_000;
const HEALTH_EVERY_MS = 2 * 60_000;
const WORDS_EVERY_MS = 15_000;
const LOG_RETENTION_EVERY_MS = 10 * 60_000;
const STATISTICS_EVERY_MS = 5_000;
const RETENTION_EVERY_MS = 60 * 60_000;
/** A new key is there after a start only. What is looked at later was left by a process that ended in the middle. */
const ROTATE_FIRST_MS = 1_000;
const ROTATE_EVERY_MS = 30_000;
const FORGET_EVERY_MS = 60 * 60_000;

/** The background work: reconcilers, the inbox worker and the periodic jobs. */
export async function composeWorkers(parts: WorkerParts) {
  const { ports, owner, backpressure, config } = parts;
  const { leaseMs, firstSweepMs: firstMs = soonAfterStart() } = parts.overrides;
  const { clock, log } = ports;
  const lease = leaseMs === undefined ? {} : { leaseMs };
  const runner = createRunner({
    environments: ports.environments,
    reconcilers: {
      report: (claim) => reconcileReport(ports, claim),
      teardown: (claim) => reconcileTeardown(ports, claim),
    },
    owner,
    log,
    concurrency: CONCURRENCY,
    ...lease,
  });
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
  const forget = () => forgetOldDeliveries(ports, config.deliveryRetention);
  const startJobs = () => [
    every({ name: 'statistics', everyMs: STATISTICS_EVERY_MS, run: () => countEndings(ports), log }),
    every({ name: 'retention', everyMs: RETENTION_EVERY_MS, firstMs, run: forget, log }),
    every({ name: 'stuck', everyMs: STUCK_EVERY_MS, run: () => reconcileStuck(ports), log }),
    every({ name: 'queue', everyMs: QUEUE_EVERY_MS, run: () => promoteQueued(ports), log }),
    every({ name: 'deletions', everyMs: DELETIONS_EVERY_MS, run: () => continueDeletions(ports), log }),
    every({ name: 'health', everyMs: HEALTH_EVERY_MS, run: createHealthCheck(ports), log }),
    every({ name: 'log words', everyMs: WORDS_EVERY_MS, run: () => collectWords(ports), log }),
    every({
      name: 'log retention',
      everyMs: LOG_RETENTION_EVERY_MS,
      run: createLogRetention(ports, { keepDays: parts.config.logRetentionDays }),
      log,
    }),
    every({
      name: 'rotate keys',
      everyMs: ROTATE_EVERY_MS,
      firstMs: ROTATE_FIRST_MS,
      run: () => rotateKeys(ports, lease),
      log,
    }),
    every({ name: 'forget secrets', everyMs: FORGET_EVERY_MS, run: () => forgetDelivered(ports), log }),
    every({ name: 'sweep', everyMs: SWEEP_EVERY_MS, firstMs, run: () => sweep(ports), log }),
  ];
  const notifier = createNotifier({ ports, owner, ...lease });
  return { runner, inbox, notifier, startJobs };
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
