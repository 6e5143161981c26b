import { once } from 'node:events';
import { Agent, get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { openPrograms } from '../../support/program-stage.js';

const REQUESTS = 10_000;
const AT_ONCE = 50;
const MIB = 1024 * 1024;

/** Whole answers, broken ones, visitors who leave, and WebSockets, one after the other. */
const KINDS = ['whole', 'whole', 'whole', 'broken', 'leaves', 'socket'] as const;

test('after ten thousand requests of every kind nothing is left open', async () => {
  await using stage = await openPrograms();
  await stage.show('pr-1-site');
  let open = 0;
  stage.target.answerWith((request, response) => {
    open += 1;
    response.once('close', () => (open -= 1));
    response.writeHead(200, { 'content-length': 20_000 }).write(Buffer.alloc(10_000));
    if (request.url === '/broken') setImmediate(() => response.destroy());
    else if (request.url === '/whole') response.end(Buffer.alloc(10_000));
  });
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const headers = { host: `pr-1-site.localhost:${String(stage.app.port)}` };
  const to = { host: '127.0.0.1', port: stage.app.port };
  const ask = async (kind: (typeof KINDS)[number]): Promise<void> => {
    if (kind === 'socket') {
      const { socket } = await stage.upgrade('pr-1-site');
      return void socket.destroy();
    }
    const sent = get({ ...to, agent, headers, path: `/${kind}` });
    sent.on('error', () => undefined);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.on('error', () => undefined);
    if (kind === 'leaves') return void response.destroy();
    response.resume();
    await new Promise((resolve) => response.once('close', resolve));
  };
  const play = async (count: number): Promise<void> => {
    let next = 0;
    const worker = async () => {
      while (next < count) await ask(KINDS[(next += 1) % KINDS.length] ?? 'whole');
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };
  await play(REQUESTS / 10);
  const heap = process.memoryUsage().heapUsed;
  await play(REQUESTS);
  agent.destroy();
  await eventually(async () => open, { until: (left) => left === 0, otherwise: 'Requests are still open.' });
  expect(process.memoryUsage().heapUsed - heap).toBeLessThan(100 * MIB);
  // Nobody is there any more: it falls asleep.
  await stage.app.flushVisits();
  await stage.fallAsleep();
  const probe = connect(stage.app.port, '127.0.0.1');
  await once(probe, 'connect');
  probe.destroy();
  expect([...stage.target.programs.values()].map(({ port }) => port)).toEqual([null]);
});
