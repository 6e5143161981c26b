import { statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import { messageOf } from '../../src/shared/errors.js';
import type {
  Examination,
  Examined,
  Instance,
  OperatorLimits,
  PartState,
} from '../../src/shared/instance.js';
import { CHECK_STATE } from '../../src/shared/status/words.js';
import type { Clock, Log } from '../../src/shared/tools.js';
import type { Config } from '../config/config.js';
import { findEngine } from '../engine/address.js';
import { createDockerEngine } from '../engine/docker-engine.js';
import { withTimeout } from '../http/with-timeout.js';
import type { OpenedStore } from './open-store.js';

interface Given {
  readonly config: Config;
  readonly store: Pick<OpenedStore, 'ping' | 'migrations'>;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Looks at the installation as the doctor does. */
  readonly examine: (() => Promise<readonly Examined[]>) | undefined;
}

/** What administrators are told of this process. `npm start -- doctor` looks at more, from outside. */
export function composeInstance(given: Given): Instance {
  const { config, store, version, clock } = given;
  const disk = () => spaceOf(resolve(config.dataDir));
  const askEngine = engineOf(config);
  return {
    ...{ version, node: process.versions.node, startedAt: clock.now() },
    limits: limitsOf(config),
    disk,
    migrations: store.migrations,
    examination: examinationOf(given),
    parts: () => Promise.all([databaseState(store), diskState(config, disk), askEngine(), mailState(config)]),
  };
}

/** While an administrator looks at the results, the installation is examined so often. Most checks ask other machines. */
const EXAMINE_EVERY_MS = 60_000;

function examinationOf({ examine, clock, log }: Given): Instance['examination'] {
  let last: Examination | null = null;
  let began = -Infinity;
  async function look(run: NonNullable<typeof examine>): Promise<void> {
    try {
      const checks = await run();
      last = { at: clock.now(), checks };
    } catch (error) {
      log('warn', 'the installation could not be examined', { error });
    }
  }
  return () => {
    const now = clock.now().getTime();
    if (examine && now - began >= EXAMINE_EVERY_MS) {
      began = now;
      void look(examine);
    }
    return last;
  };
}

function limitsOf({ containers, logRetentionDays, deliveryRetention, admins }: Config): OperatorLimits {
  const { ports, memoryBytes, cpus, network } = containers;
  const [first = 0, last = 0] = ports?.split('-').map(Number) ?? [];
  return {
    ports: ports === null ? null : { range: ports, count: last - first + 1 },
    ...{ memoryBytes, cpus, network, logDays: logRetentionDays, administrators: admins.length },
    ...deliveryRetention,
  };
}

/** A page waits no longer for one part. */
const PATIENCE_MS = 3_000;

async function databaseState({ ping }: Given['store']): Promise<PartState> {
  const about = { id: 'database', title: 'Database' };
  const start = performance.now();
  try {
    await withTimeout(PATIENCE_MS, ping());
    const ms = Math.round(performance.now() - start);
    return { ...about, state: CHECK_STATE.good, says: `It answers, in ${ms} ms.` };
  } catch (error) {
    const says = `It does not answer (${messageOf(error)}). Start it, and let this machine reach it.`;
    return { ...about, state: CHECK_STATE.failed, says };
  }
}

/** MongoDB builds no index with less than 500 MB. */
const LEAST_BYTES = 1024 ** 3;
const ENOUGH_BYTES = 5 * LEAST_BYTES;

async function diskState({ dataDir }: Config, disk: Instance['disk']): Promise<PartState> {
  const about = { id: 'disk', title: 'Disk of DATA_DIR' };
  const space = await disk();
  if (!space) return { ...about, state: CHECK_STATE.failed, says: `${resolve(dataDir)} cannot be seen.` };
  const room = `${(space.freeBytes / 1024 ** 3).toFixed(1)} GiB are free.`;
  if (space.freeBytes >= ENOUGH_BYTES) return { ...about, state: CHECK_STATE.good, says: room };
  const state = space.freeBytes < LEAST_BYTES ? CHECK_STATE.failed : CHECK_STATE.warning;
  return { ...about, state, says: `${room} Make room, or move it to a larger disk.` };
}

async function spaceOf(path: string): ReturnType<Instance['disk']> {
  const found = await statfs(path).catch(() => null);
  return found && { freeBytes: found.bavail * found.bsize, totalBytes: found.blocks * found.bsize };
}

function engineOf({ containers }: Config): () => Promise<PartState> {
  const about = { id: 'engine', title: 'Container engine' };
  const found = findEngine(containers.dockerHost, containers);
  if ('missing' in found) {
    const says = `None: ${found.missing}. Targets that run containers are off.`;
    return async () => ({ ...about, state: CHECK_STATE.skipped, says });
  }
  // It is only asked what it is: nothing is pulled.
  const engine = createDockerEngine(found.address, { mayPullFrom: async () => false });
  return async () => {
    try {
      const { version, cpus, memoryBytes } = await withTimeout(PATIENCE_MS, engine.describe());
      const memory = `${(memoryBytes / 1024 ** 3).toFixed(1)} GiB of memory`;
      const says = `Version ${version}, with ${cpus} processors and ${memory}.`;
      return { ...about, state: CHECK_STATE.good, says };
    } catch {
      const says = 'It does not answer. Start it, and let this server reach it (DOCKER_HOST).';
      return { ...about, state: CHECK_STATE.failed, says };
    }
  };
}

async function mailState({ mailFrom }: Config): Promise<PartState> {
  const about = { id: 'mail', title: 'Mails' };
  if (mailFrom === undefined)
    return {
      ...about,
      state: CHECK_STATE.skipped,
      says: 'None are sent: MAIL_FROM and SMTP_URL are not set.',
    };
  return { ...about, state: CHECK_STATE.good, says: `They are sent by ${mailFrom}.` };
}
