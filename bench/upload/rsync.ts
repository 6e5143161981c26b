import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { awaitPort } from '../harness/await-port.js';
import { freePort } from '../harness/free-port.js';
import { runTimed } from '../harness/run-timed.js';
import type { StartDeployer } from './deployer.js';

/** `rsync -rlcz` to a daemon: by checksum, because all files of a build are new ones. */
export const rsync: StartDeployer = async ({ setting, proxy }) => {
  const command = setting.find('rsync') ?? 'rsync';
  const folder = await setting.scratch.memory('rsync');
  const site = join(folder, 'site');
  await mkdir(site);
  const config = join(folder, 'rsyncd.conf');
  const owner = process.getuid?.() === 0 ? 'uid = 0\ngid = 0\n' : '';
  const lines = [
    'use chroot = no',
    `pid file = ${join(folder, 'pid')}`,
    '[site]',
    `path = ${site}`,
    'read only = no',
  ];
  await writeFile(config, `${owner}${lines.join('\n')}\n`);
  const port = await freePort();
  const args = ['--daemon', '--no-detach', `--config=${config}`, `--port=${port}`, '--address=127.0.0.1'];
  const daemon = setting.children.program(command, { args, core: 'measured' });
  await awaitPort(port, daemon);
  await proxy.target(port);
  return {
    deploy: (directory) =>
      runTimed(setting.children, {
        command,
        core: 'beside',
        args: ['-rlcz', '--delete', `${directory}/`, `rsync://127.0.0.1:${proxy.port}/site/`],
      }),
    read: (path) => readFile(join(site, path)),
    stop: daemon.stop,
  };
};
