import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerParent } from '../harness/answer-parent.js';
import { quantile } from '../harness/statistics.js';
import { type Connection, openConnection } from '../load/connection.js';
import {
  IngestPlan,
  type Ingested,
  LINES_A_BATCH,
  type Log,
  OpenPlan,
  WatchPlan,
  type Watched,
} from './plan.js';

const TEXT = 'GET /assets/index-4f2a91.js 200 in 12 ms, compiled 1 module of the page';

function lineOf(text: string): object {
  return { at: '2026-11-28T10:00:00.000Z', stage: 'building', level: 'info', text };
}

function requestOf({ port, log: { path, token }, body }: { port: number; log: Log; body: string }): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

async function send(connection: Connection, request: Buffer): Promise<void> {
  const status = await connection.send(request);
  if (status !== 202) throw new Error(`A batch was answered with ${status}.`);
}

/** The lines are made once, so that this process leaves its core to the database. */
async function ingest({ port, logs, seconds, firstBatch }: IngestPlan): Promise<Ingested> {
  const lines = Array.from({ length: LINES_A_BATCH }, (_, index) => lineOf(`${index} ${TEXT}`));
  const json = JSON.stringify(lines);
  const started = performance.now();
  const write = async (log: Log): Promise<number> => {
    const connection = await openConnection(port);
    let batch = firstBatch;
    for (; performance.now() < started + seconds * 1_000; batch += 1)
      await send(connection, requestOf({ port, log, body: `{"seq":${batch},"lines":${json}}` }));
    connection.close();
    return batch - firstBatch;
  };
  const batches = await Promise.all(logs.map(write));
  return { seconds: (performance.now() - started) / 1_000, batches };
}

interface Reader {
  readonly socket: Socket;
  lines: number;
}

/** Marks a line with the time at which it was sent. Both ends are in this process, so they have one clock. */
const MARK = /t=(\d+\.\d+);/g;
const LONGEST_MARK = 40;
const PATIENCE_MS = 20_000;

const latencies: number[] = [];
const readers: Reader[] = [];
/** Until every reader has what was stored before it came. */
const SETTLED_MS = 500;

/** Apart from the measurement: what a new reader costs is not what a line costs. */
async function open(plan: OpenPlan): Promise<void> {
  latencies.length = 0;
  readers.length = 0;
  for (const token of plan.readers) readers.push(await openReader(plan, token));
  await sleep(SETTLED_MS);
}

async function watch(plan: WatchPlan): Promise<Watched> {
  const total = Math.round(plan.seconds * plan.batchesPerSecond) * plan.lines;
  await write(plan);
  const until = performance.now() + PATIENCE_MS;
  while (readers.some(({ lines }) => lines < total)) {
    if (performance.now() > until) throw new Error('Not every reader got every line.');
    await sleep(5);
  }
  for (const { socket } of readers) socket.destroy();
  if (readers.some(({ lines }) => lines !== total)) throw new Error('A reader got a line twice.');
  return { lines: total, p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) };
}

async function openReader({ port, log }: OpenPlan, token: string): Promise<Reader> {
  const socket = connect({ port, host: '127.0.0.1' });
  await once(socket, 'connect');
  const reader: Reader = { socket, lines: 0 };
  const begun = once(socket, 'data');
  let rest = '';
  socket.on('data', (bytes: Buffer) => {
    const now = performance.now();
    const text = rest + bytes.toString('latin1');
    let end = 0;
    for (const match of text.matchAll(MARK)) {
      latencies.push(now - Number(match[1]));
      reader.lines += 1;
      end = match.index + match[0].length;
    }
    rest = text.slice(Math.max(end, text.length - LONGEST_MARK));
  });
  const head = [
    `GET ${log.path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${token}`,
    'Accept: text/event-stream',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  await begun;
  return reader;
}

/** At a steady pace. */
async function write({ port, log, lines, batchesPerSecond, seconds }: WatchPlan): Promise<void> {
  const connection = await openConnection(port);
  const count = Math.round(seconds * batchesPerSecond);
  const started = performance.now();
  for (let batch = 0; batch < count; batch += 1) {
    await sleep(Math.max(0, started + (batch * 1_000) / batchesPerSecond - performance.now()));
    const marked = Array.from({ length: lines }, () => lineOf(`t=${performance.now().toFixed(3)}; ${TEXT}`));
    const body = JSON.stringify({ seq: batch, lines: marked });
    await send(connection, requestOf({ port, log, body }));
  }
  connection.close();
}

answerParent({
  ready: null,
  answers: {
    ingest: (given) => ingest(IngestPlan.parse(given)),
    open: (given) => open(OpenPlan.parse(given)),
    watch: (given) => watch(WatchPlan.parse(given)),
  },
});
