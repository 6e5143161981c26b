import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { machineTime } from '../github/plan.js';
import { answerParent } from '../harness/answer-parent.js';
import { Echo, EVENTS_PATH, Readers, type Visit } from './plan.js';

const MESSAGE = 'x'.repeat(64);

/** Each connection sends a message, waits for its echo, and pauses. Answers how long each echo took. */
async function echo(given: unknown): Promise<number[]> {
  const { port, host, connections, pauseMs, messages } = Echo.parse(given);
  const times: number[] = [];
  const talk = async (index: number): Promise<void> => {
    const socket = new WebSocket(`ws://127.0.0.1:${String(port)}/echo`, {
      headers: { host },
      perMessageDeflate: false,
    });
    await once(socket, 'open');
    await sleep((pauseMs * index) / connections);
    for (let sent = 0; sent < messages; sent += 1) {
      const started = performance.now();
      socket.send(MESSAGE);
      const [data] = (await once(socket, 'message')) as [Buffer];
      times.push(performance.now() - started);
      if (data.toString() !== MESSAGE) throw new Error('The echo is not what was sent.');
      await sleep(pauseMs);
    }
    socket.close();
    await once(socket, 'close');
  };
  await Promise.all(Array.from({ length: connections }, (_, index) => talk(index)));
  return times;
}

let heard: number[] = [];
let open: IncomingMessage[] = [];

/** Reads events. Answers when everybody reads. */
async function listen(given: unknown): Promise<void> {
  const { readers, ...visit } = Readers.parse(given);
  heard = [];
  open = await Promise.all(Array.from({ length: readers }, () => read(visit)));
}

async function read({ port, host }: Visit): Promise<IncomingMessage> {
  const sent = get({ port, host: '127.0.0.1', path: EVENTS_PATH, headers: { host }, agent: false });
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`Events were answered with ${String(answer.statusCode)}.`);
  answer.on('data', (chunk: Buffer) => {
    const at = machineTime();
    for (const [, time] of chunk.toString().matchAll(/^data: ([\d.]+)$/gm)) heard.push(at - Number(time));
  });
  answer.on('error', () => undefined);
  return answer;
}

/** How long each event took to each reader. */
function leave(): number[] {
  for (const answer of open) answer.destroy();
  open = [];
  return heard;
}

answerParent({ ready: null, answers: { echo, listen, leave } });
