import type { Database } from '../database/database.js';
import type { MockGitHub } from '../github/mock-github.js';
import type { Setting } from '../harness/setting.js';
import type { Credentials } from '../ours/credentials.js';
import type { Proxy } from '../counting-proxy/start-proxy.js';

export interface UploadStage {
  readonly setting: Setting;
  readonly proxy: Proxy;
  readonly database: Database;
  readonly github: MockGitHub;
  readonly credentials: Credentials;
  readonly round: number;
}

/** A server with nothing on it yet, and the client that belongs to it. Whatever they say to each other goes through the proxy. */
export interface Deployer {
  /** Answers the seconds that the client took. */
  deploy(directory: string): Promise<number>;
  /** What visitors get for a path now; only where that can be asked. */
  read?(path: string): Promise<Buffer>;
  stop(): Promise<void>;
}

export type StartDeployer = (stage: UploadStage) => Promise<Deployer>;
