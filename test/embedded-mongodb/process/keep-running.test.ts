import { expect, test } from '@jest/globals';
import type { Patience, ServerProcess } from '../../../embedded-mongodb/process/database.js';
import { keepRunning } from '../../../embedded-mongodb/process/keep-running.js';
import { mongodStandIn } from '../mongod-stand-in.js';
import { bareEnv, connected, until, workplace } from '../workplace.js';

const PATIENT: Patience = { firstPauseMs: 1, longestPauseMs: 4, giveUpMs: 60_000, steadyMs: 60_000 };
/** How long a start takes, by the clock of the servers below. */
const START_MS = 20;
const THREE_STARTS: Patience = { ...PATIENT, giveUpMs: 3 * START_MS };

/** Servers that are nothing but a number and can be made to die, or not to start. */
function standIns({ refuse = false, dieAtOnce = false } = {}) {
  const given = { refuse, dieAtOnce };
  const ports: number[] = [];
  const held: number[] = [];
  const stopped: number[] = [];
  let time = 0;
  let die: (how: string) => void = () => undefined;
  return {
    given,
    ports,
    held,
    stopped,
    die: (how: string) => die(how),
    now: () => time,
    start: async (port: number): Promise<ServerProcess> => {
      ports.push(port);
      time += START_MS;
      const pid = ports.length;
      if (pid > 1 && given.refuse) throw new Error('no room on the disk');
      const ended = new Promise<string>((resolve) => (die = resolve));
      if (pid > 1 && given.dieAtOnce) die('SIGABRT');
      const stop = async () => {
        stopped.push(pid);
        die('exit code 0');
      };
      return { pid, port: 4_711, ended, stop };
    },
    hold: async (pid: number) => void held.push(pid),
  };
}

function keep(servers: ReturnType<typeof standIns>, patience = PATIENT) {
  const lines: string[] = [];
  const log = (line: string) => void lines.push(line);
  return keepRunning({ name: 'mongod', ...servers, log, patience }).then((kept) => ({ ...kept, lines }));
}

test('a server that dies is started again at its port, as often as it dies, and each is noted', async () => {
  const servers = standIns();
  const kept = await keep(servers);
  for (let round = 1; round <= 5; round += 1) {
    servers.die('SIGKILL');
    await until(() => servers.held.length === round + 1);
  }
  await kept.stop();
  expect([kept.port, servers.ports]).toEqual([4_711, [0, 4_711, 4_711, 4_711, 4_711, 4_711]]);
  expect(servers.held).toEqual([1, 2, 3, 4, 5, 6]);
  expect(servers.stopped).toEqual([6]);
  expect(kept.lines[0]).toBe('database: mongod ended (SIGKILL); starting it again');
});

test('a start that fails is tried again until it succeeds', async () => {
  const servers = standIns({ refuse: true });
  const kept = await keep(servers);
  servers.die('SIGKILL');
  await until(() => servers.ports.length > 4);
  servers.given.refuse = false;
  await until(() => servers.held.length === 2);
  await kept.stop();
  expect(kept.lines).toContain('database: mongod did not start again: no room on the disk');
});

test.each([
  ['does not start again', { refuse: true }, 'no room on the disk'],
  ['dies each time it was started again', { dieAtOnce: true }, 'it ended: SIGABRT'],
])('a server that %s is lost in the end, with the reason', async (_what, how, reason) => {
  const servers = standIns(how);
  const kept = await keep(servers, THREE_STARTS);
  servers.die('SIGKILL');
  const lost = await kept.lost;
  expect(lost).toMatchObject({ code: 'unavailable', message: expect.stringContaining(reason) });
  expect(servers.ports).toEqual([0, 4_711, 4_711, 4_711]);
  await kept.stop();
});

test('a server that is stopped stays down, also in the pause before a new start', async () => {
  const servers = standIns();
  const kept = await keep(servers);
  await kept.stop();
  const paused = standIns();
  const other = await keep(paused, { ...PATIENT, firstPauseMs: 3_600_000, longestPauseMs: 3_600_000 });
  paused.die('SIGKILL');
  await until(() => other.lines.length > 0);
  await other.stop();
  expect([servers.ports, paused.ports]).toEqual([[0], [0]]);
});

test('a mongod that is killed comes back at the same address with what was written', async () => {
  await using place = await workplace();
  await mongodStandIn(`${place.folder}/bin/mongod`);
  const { uri } = await place.find({ env: bareEnv({ PATH: `/usr/bin:${place.folder}/bin` }) });
  const kept = { writeConcern: { w: 1, j: true } } as const;
  await connected(uri, (client) => client.db().collection('kept').insertOne({ n: 1 }, kept));
  for (let round = 0; round < 2; round += 1) {
    const pid = await place.serverPid();
    process.kill(pid, 'SIGKILL');
    await until(async () => (await place.serverPid()) !== pid);
    expect(await connected(uri, (client) => client.db().collection('kept').countDocuments())).toBe(1);
  }
  expect(place.lines.slice(1)).toEqual(Array(2).fill('database: mongod ended (SIGKILL); starting it again'));
});
