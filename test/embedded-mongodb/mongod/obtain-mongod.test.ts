import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { bareEnv, workplace } from '../workplace.js';

test('a download that gets no answer is given up, told in one line, and not tried again by this process', async () => {
  let asked = 0;
  const silent = createServer((socket) => {
    asked++;
    socket.on('error', () => undefined);
  });
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  await using place = await workplace();
  const env = bareEnv({
    MONGOMS_DOWNLOAD_DIR: `${place.folder}/cache`,
    MONGOMS_DOWNLOAD_MIRROR: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    MONGOMS_USE_HTTP: 'true',
  });
  const first = await place.find({ env, allowDownload: true });
  expect(place.lines).toEqual([
    'database: there is no mongod to use here, and none could be downloaded (no answer in 5 s): going on with the embedded engine',
    expect.stringContaining('database: embedded engine'),
  ]);
  await first.stop();
  const second = await place.find({ env, allowDownload: true, dataDir: `${place.folder}/other` });
  silent.close();
  expect(second.way).toContain('embedded engine');
  expect([asked, place.lines.length]).toEqual([1, 3]);
});
