import { z } from 'zod';
import { startDatabase } from '../database/database.js';
import { startMockGitHub } from '../github/mock-github.js';
import type { Setting } from '../harness/setting.js';
import { makeCredentials } from '../ours/credentials.js';
import { createPublisher, type Publisher } from '../ours/publisher.js';
import { startOurs } from '../ours/start-ours.js';
import { type Docker, dockerOf, IMAGE, untilAnswered } from './docker.js';

interface PreparedPreview {
  /** From the request to start the image until visitors see it. */
  readonly start: () => Promise<void>;
  readonly visit: () => Promise<void>;
}

/** The whole App beside the container engine of this machine. */
export interface Server {
  /** A pull request was opened, and its run has pushed the image. */
  prepare(pullRequest: number): Promise<PreparedPreview>;
  fallAsleep(): Promise<void>;
  /** Whatever it has in the engine. */
  remove(): Promise<void>;
}

export async function startServer(setting: Setting, docker: Docker): Promise<Server> {
  const database = await startDatabase(setting);
  const github = await startMockGitHub(setting, { delayMs: 0, limits: 'off' });
  const credentials = makeCredentials();
  const { child, port } = await startOurs(setting, {
    ...{ credentials, mongodbUri: database.address('containers'), githubUrl: github.url },
    dataDir: await setting.scratch.memory('ours'),
    dockerHost: setting.env['DOCKER_HOST'] ?? '',
  });
  await database.client.close();
  const { url } = z.object({ url: z.string() }).parse(child.ready);
  const publisher = createPublisher({ port, secret: credentials.secret });
  const pushImage = await pusherOf(setting, port);
  return {
    prepare: (pullRequest) => prepare({ publisher, pushImage, port }, pullRequest),
    fallAsleep: async () => void (await child.ask({ question: 'fallAsleep', schema: z.null() })),
    async remove() {
      await child.stop();
      // By the label alone: the engine may be that of a developer.
      const ours = ['--quiet', '--filter', `label=vitrine.server=${url}`];
      for (const [kind, ...list] of [['container', '--all'], ['network']]) {
        const ids = (await docker(kind ?? '', 'ls', ...list, ...ours)).split('\n').filter(Boolean);
        if (ids.length > 0)
          await docker(kind ?? '', 'rm', ...(kind === 'container' ? ['--force'] : []), ...ids);
      }
    },
  };
}

interface Prepare {
  readonly publisher: Publisher;
  readonly pushImage: PushImage;
  readonly port: number;
}

async function prepare(
  { publisher, pushImage, port }: Prepare,
  pullRequest: number,
): Promise<PreparedPreview> {
  const begun = await publisher.begin(pullRequest, { pullRequest, target: 'docker' });
  const digest = await pushImage(begun);
  let host = '';
  return {
    async start() {
      await publisher.launch(begun, digest);
      host = new URL(await publisher.finish(begun)).host;
      await untilAnswered({ port, host });
    },
    visit: () => untilAnswered({ port, host }),
  };
}

type PushImage = (to: { readonly repository: string; readonly token: string }) => Promise<string>;

/** As a workflow run pushes, with settings of docker of its own: the login is nobody else's business. */
async function pusherOf(setting: Setting, port: number): Promise<PushImage> {
  const config = await setting.scratch.disk('docker-config');
  const docker = dockerOf(setting);
  return async ({ repository, token }) => {
    const registry = `127.0.0.1:${String(port)}`;
    const name = `${registry}/${repository}:preview`;
    await docker('tag', IMAGE, name);
    await docker('--config', config, 'login', registry, '--username', 'run', '--password', token);
    const said = await docker('--config', config, 'push', name);
    await docker('rmi', name);
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(said)?.[1];
    if (digest === undefined) throw new Error(`The push answered no digest: ${said}`);
    return digest;
  };
}
