import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../harness/statistics.js';
import { openConnection, type Connection } from './connection.js';
import { guidOf, prepareRequest, type PreparedRequest } from './prepared-request.js';
import { pullRequestPayload } from './pull-request-payload.js';
import type { LoadPlan, LoadResult } from './plan.js';

/** A connection speaks of one pull request and tells of so many pushes in turn, so that the receiver has something to do. */
const PUSHES = 8;

interface Line {
  readonly connection: Connection;
  readonly requests: readonly PreparedRequest[];
  sent: number;
}

interface Tally {
  sent: number;
  accepted: number;
  readonly latencies: number[];
}

/** Sends webhooks as the plan says, and waits for every answer. */
export async function deliver(plan: LoadPlan): Promise<LoadResult> {
  const lines = await Promise.all(
    Array.from({ length: plan.connections }, (_, index) => openLine(plan, index)),
  );
  const tally: Tally = { sent: 0, accepted: 0, latencies: [] };
  const started = performance.now();
  try {
    if (plan.perSecond === undefined) await closedLoop(plan, { lines, tally });
    else await openLoop({ ...plan, perSecond: plan.perSecond }, { lines, tally });
    return summarize(tally, performance.now() - started);
  } finally {
    for (const { connection } of lines) connection.close();
  }
}

async function openLine({ port, secret, event, firstRepository }: LoadPlan, index: number): Promise<Line> {
  const requests = Array.from({ length: PUSHES }, (_, push) => {
    const body = pullRequestPayload({
      action: 'synchronize',
      repository: firstRepository + index,
      number: 1,
      push,
    });
    return prepareRequest({ port, secret, event, body });
  });
  return { connection: await openConnection(port), requests, sent: 0 };
}

interface Running {
  readonly lines: readonly Line[];
  readonly tally: Tally;
}

/** Every connection sends its next webhook when the last was answered. */
async function closedLoop(plan: LoadPlan, { lines, tally }: Running): Promise<void> {
  const until =
    plan.seconds === undefined ? Number.POSITIVE_INFINITY : performance.now() + plan.seconds * 1000;
  const most = plan.count ?? Number.POSITIVE_INFINITY;
  const work = async (line: Line): Promise<void> => {
    while (tally.sent < most && performance.now() < until)
      await sendOne(plan, { line, tally, since: performance.now() });
  };
  await Promise.all(lines.map(work));
}

/** Webhooks come when they come: the time of one begins when it was due, even if no connection was free. */
async function openLoop(plan: LoadPlan & { perSecond: number }, { lines, tally }: Running): Promise<void> {
  const idle = [...lines];
  const queue: number[] = [];
  const open = new Set<Promise<void>>();
  const next = (): void => {
    while (queue.length > 0 && idle.length > 0) {
      const since = queue.shift() ?? 0;
      const line = idle.pop();
      if (!line) return;
      const answer = sendOne(plan, { line, tally, since }).then(() => {
        open.delete(answer);
        idle.push(line);
        next();
      });
      open.add(answer);
    }
  };
  const started = performance.now();
  const total = Math.round((plan.seconds ?? 1) * plan.perSecond);
  for (let index = 0; index < total;) {
    const due = Math.min(total, Math.floor(((performance.now() - started) / 1000) * plan.perSecond) + 1);
    for (; index < due; index += 1) queue.push(started + (index / plan.perSecond) * 1000);
    next();
    await sleep(1);
  }
  while (open.size > 0) await Promise.all(open);
}

async function sendOne(
  { prefix }: LoadPlan,
  { line, tally, since }: { line: Line; tally: Tally; since: number },
): Promise<void> {
  const guid = guidOf(prefix, tally.sent);
  tally.sent += 1;
  const request = line.requests[line.sent % line.requests.length];
  line.sent += 1;
  if (!request) return;
  const status = await line.connection.send(request.with(guid));
  tally.latencies.push(performance.now() - since);
  if (status >= 200 && status < 300) tally.accepted += 1;
}

function summarize({ sent, accepted, latencies }: Tally, tookMs: number): LoadResult {
  return {
    sent,
    accepted,
    seconds: tookMs / 1000,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
    last: quantile(latencies, 1),
  };
}
