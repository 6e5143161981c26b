import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { ENVIRONMENT_STATUS } from '../../../src/shared/status/words.js';
import { openConnections } from '../../support/connections.js';
import { lookAt } from '../../support/look-at.js';
import { runPreview } from '../../support/run-preview.js';
import { openPullRequest, startWorld } from '../../support/start-world.js';

const CONNECTIONS = 500;
const MINUTE = 60_000;
const OPEN_MS = 10 * MINUTE;
const LOOK_MS = 10_000;

/** Says something to every visitor now and then, as programs do that keep connections. */
const SERVER = `
const { createServer } = require('node:http');
const open = new Set();
const server = createServer((request, response) => {
  if (request.url !== '/events') return response.end('hello');
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: welcome\\n\\n');
  open.add(response);
  response.once('close', () => open.delete(response));
});
server.on('upgrade', (request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\\r\\nupgrade: websocket\\r\\nconnection: Upgrade\\r\\n\\r\\n');
  open.add(socket);
  socket.on('error', () => socket.destroy()).once('close', () => open.delete(socket));
});
setInterval(() => { for (const one of open) one.write('data: still here\\n\\n'); }, 20_000);
server.listen(Number(process.env.PORT), process.env.HOST);
`;

const FILES = {
  '.github/preview.yml': 'target: node\nlimits:\n  sleep-after: 1m\n',
  'package.json': '{ "scripts": { "start": "node server.js" } }\n',
  'server.js': SERVER,
};

test('five hundred open connections keep their preview awake for ten minutes, and after the last one it sleeps on time', async () => {
  await using world = await startWorld({ files: FILES });
  const { number } = await openPullRequest(world);
  expect(await runPreview(world, { number })).toMatchObject({ exitCode: 0 });
  await world.drain();
  const { environment } = await lookAt(world, number);
  const connections = await openConnections({
    ...{ port: world.app.port, host: new URL(environment.url).host },
    count: CONNECTIONS,
  });
  const memory = process.memoryUsage().rss;
  for (const end = Date.now() + OPEN_MS; Date.now() < end; await pause(LOOK_MS)) {
    const { environment: now } = await lookAt(world, number);
    expect([now.status, now.asleep ?? null, connections.open()]).toEqual([
      ENVIRONMENT_STATUS.ready,
      null,
      CONNECTIONS,
    ]);
  }
  expect(connections.heard()).toBe(CONNECTIONS);
  // One is enough.
  connections.closeTo(1);
  await pause(3 * MINUTE);
  expect((await lookAt(world, number)).environment.status).toBe(ENVIRONMENT_STATUS.ready);
  connections.closeTo(0);
  const closed = Date.now();
  const slept = await eventually(() => lookAt(world, number), {
    until: (seen) => !!seen.environment.asleep?.stoppedAt,
    otherwise: 'It should sleep.',
    deadlineMs: 6 * MINUTE,
  });
  const { since, stoppedAt } = slept.environment.asleep ?? {};
  const [sinceMs = 0, stoppedMs = 0] = [since, stoppedAt].map((date) => (date?.getTime() ?? 0) - closed);
  process.stderr.write(
    `Asleep ${String(sinceMs)} ms after the last connection, stopped after ${String(stoppedMs)} ms; ` +
      `${String(Math.round((process.memoryUsage().rss - memory) / 1024 ** 2))} MiB more in ten minutes.\n`,
  );
  // Its setting, a minute in which servers write down visitors, and the round that looks every half minute, twice.
  expect(sinceMs).toBeGreaterThanOrEqual(MINUTE);
  expect(sinceMs).toBeLessThanOrEqual(2 * MINUTE + 2 * 30_000);
});
