import { z } from 'zod';
import type { Child } from '../harness/children.js';
import type { Setting } from '../harness/setting.js';
import { asVariables, type Credentials } from './credentials.js';

export interface OursOptions {
  readonly credentials: Credentials;
  readonly mongodbUri: string;
  readonly githubUrl: string;
  readonly dataDir: string;
  /** Where clients find the server, when that is not its own address. */
  readonly publicUrl?: string;
  readonly port?: number;
  /** The container engine of this machine; none unless given. */
  readonly dockerHost?: string;
}

export interface Ours {
  readonly child: Child;
  readonly port: number;
}

/** The App in a process of its own, with a database that is already running. */
export async function startOurs({ children }: Setting, options: OursOptions): Promise<Ours> {
  const { credentials, mongodbUri, githubUrl, dataDir, publicUrl, port = 0, dockerHost = 'off' } = options;
  const child = await children.start('ours/main.js', {
    core: 'measured',
    cwd: dataDir,
    env: {
      ...asVariables(credentials),
      MONGODB_URI: mongodbUri,
      GITHUB_API_URL: githubUrl,
      DATA_DIR: dataDir,
      PORT: String(port),
      DOCKER_HOST: dockerHost,
      LOG_LEVEL: 'warn',
      ...(publicUrl === undefined ? {} : { PUBLIC_URL: publicUrl }),
    },
  });
  return { child, port: z.object({ port: z.int() }).parse(child.ready).port };
}
