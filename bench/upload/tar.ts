import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { StartDeployer } from './deployer.js';

/** Everything in one tar.gz each time, unpacked on the other side: what artifact uploads do. */
export const tar: StartDeployer = async ({ setting, proxy }) => {
  const folder = await setting.scratch.memory('tar');
  const command = setting.find('tar') ?? 'tar';
  let site = folder;
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const unpack = spawn(command, ['-xzf', '-', '-C', site], {
      env: setting.env,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    socket.pipe(unpack.stdin);
    unpack.once('exit', (code) => socket.end(code === 0 ? 'stored' : 'broken'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await proxy.target((server.address() as AddressInfo).port);
  let count = 0;
  return {
    async deploy(directory) {
      site = join(folder, String((count += 1)));
      await mkdir(site);
      const started = performance.now();
      const pack = spawn(command, ['-czf', '-', '-C', directory, '.'], {
        env: setting.env,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await send(pack, proxy.port);
      return (performance.now() - started) / 1000;
    },
    read: (path) => readFile(join(site, path)),
    stop: async () => void server.close(),
  };
};

async function send(pack: ChildProcess, port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  pack.stdout?.pipe(socket);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  await once(socket, 'end');
  if (answer !== 'stored') throw new Error('The archive was not unpacked.');
}
