import { existsSync } from 'node:fs';
import { z } from 'zod';
import { isVitrineError } from '../../../src/shared/errors.js';
import { type EngineAddress, findEngine } from '../../engine/address.js';
import { connectEngine } from '../../engine/connection.js';
import { type Config, isLoopback } from '../../config/config.js';
import { reasonOf } from './ask.js';

const flag = z.boolean().optional();

/** https://docs.docker.com/reference/api/engine/: what a field is missing says nothing. */
const Info = z.object({
  ServerVersion: z.string(),
  OperatingSystem: z.string().optional(),
  Architecture: z.string().optional(),
  NCPU: z.number(),
  MemTotal: z.number(),
  Driver: z.string().optional(),
  DockerRootDir: z.string().optional(),
  CgroupDriver: z.string().optional(),
  MemoryLimit: flag,
  SwapLimit: flag,
  PidsLimit: flag,
  CpuCfsQuota: flag,
  SecurityOptions: z.array(z.string()).nullish(),
  RegistryConfig: z
    .object({
      InsecureRegistryCIDRs: z.array(z.string()).nullish(),
      IndexConfigs: z.record(z.string(), z.object({ Secure: z.boolean() })).nullish(),
    })
    .nullish(),
});

export type EngineInfo = z.infer<typeof Info>;

const Versions = z.object({ ApiVersion: z.string(), MinAPIVersion: z.string().optional() });

export interface EngineFacts {
  readonly address: EngineAddress;
  readonly info: EngineInfo;
  readonly apiVersion: string;
  /** Its files lie on this machine. */
  readonly isHere: boolean;
}

export type FoundFacts =
  | ({ readonly kind: 'engine' } & EngineFacts)
  /** There is none, or it may not be used. */
  | { readonly kind: 'none'; readonly says: string }
  | { readonly kind: 'broken'; readonly says: string; readonly todo: string };

const PATIENCE_MS = 7_000;

export async function findEngineFacts(containers: Config['containers']): Promise<FoundFacts> {
  const found = findEngine(containers.dockerHost, containers);
  if ('missing' in found) return { kind: 'none', says: found.missing };
  const { address } = found;
  const place = address.socketPath ?? `${address.host}:${address.port}`;
  const connection = connectEngine(address);
  const question = { method: 'GET', patienceMs: PATIENCE_MS } as const;
  try {
    const [info, versions] = await inTime(
      Promise.all([
        connection.read({ ...question, path: '/info' }),
        connection.read({ ...question, path: '/version' }),
      ]),
    );
    const isHere = address.socketPath !== undefined || isLoopback(address.host);
    return {
      kind: 'engine',
      ...{ address, info: Info.parse(info), isHere },
      apiVersion: Versions.parse(versions).ApiVersion,
    };
  } catch (error) {
    // It answered, and not as this server needs it.
    if (isVitrineError(error) && error.cause === undefined)
      return { kind: 'broken', says: error.message, todo: error.code === 'unavailable' ? UPDATE : START };
    const reason = reasonOf(isVitrineError(error) ? error.cause : error);
    const todo = existsSync(place) ? GROUP : START;
    return { kind: 'broken', says: `${place} cannot be used: ${reason}.`, todo };
  }
}

const START =
  'Start Docker ("systemctl start docker"), or correct DOCKER_HOST; "DOCKER_HOST=off" is for no engine.';
const GROUP =
  'Start Docker, and let the user of this server use its socket: usually by "usermod -aG docker <user>".';
const UPDATE = 'Let the engine and this server speak a version of the API that both know.';

async function inTime<Value>(work: Promise<Value>): Promise<Value> {
  const late = AbortSignal.timeout(PATIENCE_MS);
  return Promise.race([
    work,
    new Promise<never>((_resolve, reject) => {
      late.addEventListener('abort', () => reject(new Error('it did not answer in time')), { once: true });
    }),
  ]);
}
