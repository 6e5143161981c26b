import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { startDatabase } from '../database/database.js';
import { startMockGitHub } from '../github/mock-github.js';
import { awaitPort } from '../harness/await-port.js';
import type { Child } from '../harness/children.js';
import { freePort } from '../harness/free-port.js';
import type { Setting } from '../harness/setting.js';
import { makeCredentials } from '../ours/credentials.js';
import { startOurs } from '../ours/start-ours.js';
import { SMALL_ANSWER, type Visit } from './plan.js';

/** The programs behind the proxies, by the first part of their host name. They are two, so that what is measured is never the program. */
export interface Programs {
  /** Answers shortly, as fast as can be. */
  readonly small: number;
  /** Sends events and echoes. */
  readonly streams: number;
}

/** Where each program is visited. */
export type Front = Readonly<Record<keyof Programs, Visit>>;

export type StartFront = (setting: Setting, programs: Programs) => Promise<Front>;

const Ready = z.object({ port: z.int() });

export async function startPrograms(setting: Setting): Promise<{ upstream: Child; programs: Programs }> {
  const upstream = await setting.children.start('proxy/upstream.js', { core: 'beside' });
  const { port: streams } = Ready.parse(upstream.ready);
  const hasNginx = setting.find('nginx') !== null;
  const small = hasNginx ? await startNginx(setting, { core: 'beside', servers: constantServer }) : streams;
  return { upstream, programs: { small, streams } };
}

/** The whole App: it finds the preview by its host name, and notes that it has visitors. */
export const ours: StartFront = async (setting, programs) => {
  const database = await startDatabase(setting);
  const github = await startMockGitHub(setting, { delayMs: 0, limits: 'off' });
  const { child, port } = await startOurs(setting, {
    credentials: makeCredentials(),
    mongodbUri: database.address('proxy'),
    githubUrl: github.url,
    dataDir: await setting.scratch.memory('ours'),
  });
  for (const [slug, at] of Object.entries(programs) as [string, number][])
    await child.ask({ question: 'show', given: { slug, port: at }, schema: z.null() });
  // The connection would keep this process alive; the App has its own.
  await database.client.close();
  return byName(port);
};

export const httpProxy: StartFront = async ({ children }, programs) => {
  const args = [JSON.stringify(programs)];
  const { ready } = await children.start('proxy/http-proxy.js', { args, core: 'measured' });
  return byName(Ready.parse(ready).port);
};

export const nginx: StartFront = async (setting, programs) => {
  const servers = (port: number) =>
    Object.entries(programs)
      .map(([name, at]) => proxyServer({ name, at, port }))
      .join('\n');
  return byName(await startNginx(setting, { core: 'measured', servers }));
};

/** The floor: nothing in between. */
export const direct: StartFront = async (_setting, { small, streams }) => ({
  small: { port: small, host: `localhost:${String(small)}` },
  streams: { port: streams, host: `localhost:${String(streams)}` },
});

function byName(port: number): Front {
  const at = (name: keyof Programs): Visit => ({ port, host: `${name}.localhost:${String(port)}` });
  return { small: at('small'), streams: at('streams') };
}

interface Nginx {
  readonly core: 'measured' | 'beside';
  readonly servers: (port: number) => string;
}

async function startNginx({ scratch, children, find }: Setting, { core, servers }: Nginx): Promise<number> {
  const folder = await scratch.memory('nginx');
  await mkdir(join(folder, 'temp'));
  const port = await freePort();
  const config = join(folder, 'nginx.conf');
  await writeFile(config, nginxConfig(folder, servers(port)));
  const args = ['-c', config, '-p', folder, '-e', join(folder, 'error.log')];
  const program = children.program(find('nginx') ?? 'nginx', { args, core });
  await awaitPort(port, program);
  return port;
}

/** As Debian ships it, but for one worker, no access log, and connections that are not closed after 1,000 requests. */
function nginxConfig(folder: string, servers: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `daemon off;
worker_processes 1;
pid ${join(folder, 'pid')};
events { worker_connections 768; }
http {
  access_log off;
  keepalive_requests 1000000000;
${temporary.map((name) => `  ${name}_temp_path ${join(folder, 'temp', name)};`).join('\n')}
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
${servers}
}
`;
}

function constantServer(port: number): string {
  return `  server {
    listen 127.0.0.1:${String(port)};
    default_type application/json;
    location / { return 200 '${SMALL_ANSWER}'; }
  }`;
}

/** Its own manual's way to a program that keeps connections and speaks WebSocket, with the headers that ours sets too. */
function proxyServer({ name, at, port }: { name: string; at: number; port: number }): string {
  return `  upstream ${name} { server 127.0.0.1:${String(at)}; keepalive 64; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:${String(port)};
    server_name ${name}.localhost;
    location / {
      proxy_pass http://${name};
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_read_timeout 1h;
    }
  }`;
}
