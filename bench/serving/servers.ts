import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { startDatabase } from '../database/database.js';
import { startMockGitHub } from '../github/mock-github.js';
import { awaitPort } from '../harness/await-port.js';
import { freePort } from '../harness/free-port.js';
import { runTimed } from '../harness/run-timed.js';
import type { Setting } from '../harness/setting.js';
import { makeCredentials } from '../ours/credentials.js';
import { createPublisher } from '../ours/publisher.js';
import { startOurs } from '../ours/start-ours.js';

/** Where one server is reached, and under which name. */
export interface Served {
  readonly port: number;
  readonly host: string;
}

export type StartServer = (setting: Setting, directory: string) => Promise<Served>;

export const ours: StartServer = async (setting, directory) => {
  const database = await startDatabase(setting);
  const github = await startMockGitHub(setting, { delayMs: 0, limits: 'off' });
  const credentials = makeCredentials();
  const { port } = await startOurs(setting, {
    credentials,
    mongodbUri: database.address('serving'),
    githubUrl: github.url,
    dataDir: await setting.scratch.memory('ours'),
  });
  const publisher = createPublisher({ port, secret: credentials.secret });
  const begun = await publisher.begin(1);
  const client = join(import.meta.dirname, '../upload/client/main.js');
  const args = [client, directory, `http://localhost:${port}`, begun.id, begun.token];
  await runTimed(setting.children, { command: process.execPath, args });
  const url = await publisher.finish(begun);
  // The connection would keep this process alive; the App has its own.
  await database.client.close();
  return { port, host: new URL(url).host };
};

export const sirvServer: StartServer = (setting, directory) => startNode(setting, ['sirv', directory]);
export const constantReply: StartServer = (setting) => startNode(setting, ['constant']);

async function startNode({ children }: Setting, args: readonly string[]): Promise<Served> {
  const child = await children.start('serving/main.js', { args, core: 'measured' });
  const { port } = z.object({ port: z.int() }).parse(child.ready);
  return { port, host: `localhost:${port}` };
}

export const nginx: StartServer = async ({ scratch, children, find }, directory) => {
  const folder = await scratch.memory('nginx');
  await mkdir(join(folder, 'temp'));
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  await writeFile(config, nginxConfig({ folder, directory, port }));
  const args = ['-c', config, '-p', folder, '-e', join(folder, 'error.log')];
  const program = children.program(find('nginx') ?? 'nginx', { args, core: 'measured' });
  await awaitPort(port, program);
  return { port, host: `localhost:${port}` };
};

/** As Debian ships it, but for one worker, no access log, clean addresses, and connections that are not closed after 1,000 requests. */
function nginxConfig({
  folder,
  directory,
  port,
}: {
  folder: string;
  directory: string;
  port: number;
}): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
worker_processes 1;
pid ${join(folder, 'pid')};
events { worker_connections 768; }
http {
  sendfile on;
  tcp_nopush on;
  types_hash_max_size 2048;
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log off;
  keepalive_requests 1000000000;
${temporary.map((name) => `  ${name}_temp_path ${join(folder, 'temp', name)};`).join('\n')}
  server {
    listen 127.0.0.1:${port};
    root ${directory};
    location / { try_files $uri $uri.html $uri/index.html =404; }
    location = /app.js { default_type text/javascript; types {} add_header Content-Encoding br; try_files /app.js.br =404; }
  }
}
`;
}
