import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { identify, isRunning } from '../../../embedded-mongodb/process/data-directory.js';
import { until, workplace } from '../workplace.js';

/** The moment that matters is short, so one kill may miss it. */
const KILLS = 4;
const linuxOnly = process.platform === 'linux' ? test : test.skip;

test('this process runs; one of its number that started at another time does not', () => {
  const self = identify(process.pid);
  expect(isRunning(self)).toBe(true);
  if (self.started !== undefined) expect(isRunning({ ...self, started: '1' })).toBe(false);
});

linuxOnly('a killed server runs until the last of its threads has let go of the data directory', async () => {
  await using place = await workplace();
  await place.find();
  const lock = statSync(join(place.folder, 'mongodb/mongod.lock')).ino;
  const isLocked = (): boolean => readFileSync('/proc/locks', 'utf8').includes(`:${lock} `);
  for (let kill = 0; kill < KILLS; kill++) {
    const pid = await place.serverPid();
    expect(isLocked()).toBe(true);
    process.kill(pid, 'SIGKILL');
    // Without a turn of the event loop: once it is collected, a killed process shows nothing any more.
    while (isRunning({ pid }));
    expect(isLocked()).toBe(false);
    await until(async () => (await place.serverPid()) !== pid);
  }
});
