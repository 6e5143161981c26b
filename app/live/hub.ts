import { isOver, type LogFilter, readLines, wanted } from '../../src/deployments/logs/read.js';
import type { LogChunk, LogKind, LogPorts } from '../../src/deployments/logs/store.js';
import type { DeploymentPorts } from '../../src/deployments/store.js';
import type { EnvironmentPorts } from '../../src/environments/store.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Tools } from '../../src/shared/tools.js';
import { type EventStream, HEARTBEAT, RETRY } from '../http/event-stream.js';
import type { Follower } from './audience.js';
import { type Ending, endingFrame, framesOf } from './frames.js';
import { createTopic, type Topic } from './topic.js';

type Ports = DeploymentPorts & EnvironmentPorts & Pick<LogPorts, LogKind> & Pick<Tools, 'log'>;

export interface HubTimes {
  /** How often the database is asked for what other servers stored. */
  readonly pollMs: number;
  readonly heartbeatMs: number;
  /** How often a stream is checked for the rights of its reader. With a heartbeat it is within a minute. */
  readonly recheckMs: number;
}

export const HUB_TIMES: HubTimes = { pollMs: 250, heartbeatMs: 15_000, recheckMs: 45_000 };

export interface Following {
  readonly kind: LogKind;
  readonly deploymentId: string;
  /** The number of the last line that the reader has. */
  readonly after: number;
  readonly filter: LogFilter;
  /** Whether the reader may still see the log. */
  readonly stillAllowed: () => Promise<boolean>;
}

export interface LogHub {
  /** Takes a place for a stream of this reader. Throws when there is none. */
  admit(reader: string): Admission;
  /** A batch was stored by this process. */
  stored(kind: LogKind, chunk: LogChunk): void;
  /** Ends every stream; readers go on at another server. */
  close(): void;
  /** How many streams are open. */
  count(): number;
}

export interface Admission {
  /** Sends the log until it ends, the reader leaves, falls behind, or loses its rights. */
  follow(stream: EventStream, following: Following): void;
}

interface Open extends Follower {
  readonly stillAllowed: Following['stillAllowed'];
  checkedAt: number;
}

/**
 * The streams of this process. Readers of one log share what is read and written for it. What another server stored is found by asking
 * the database, only while a reader follows.
 */
export function createLogHub(ports: Ports, times: HubTimes = HUB_TIMES): LogHub {
  const open = new Set<Open>();
  const topics = createTopics(ports, times);
  const places = createPlaces();
  let closed = false;

  const beat = setInterval(() => {
    for (const follower of open) keepUp(follower, times);
  }, times.heartbeatMs).unref();

  function follow(stream: EventStream, following: Following): void {
    const { after, stillAllowed, deploymentId } = following;
    const follower: Open = { stream, after, stillAllowed, checkedAt: performance.now() };
    open.add(follower);
    stream.onClose(() => open.delete(follower));
    stream.write(RETRY);
    catchUp(ports, { follower, following, topicOf: topics.of }).catch((error: unknown) => {
      ports.log('warn', 'a log could not be sent', { deploymentId, error });
      end(follower, { name: 'resume', reason: 'error' });
    });
  }

  return {
    admit(reader) {
      if (closed) throw new VitrineError('unavailable', 'The server stops: connect again in a moment.');
      const release = places.take(reader);
      return {
        follow(stream, following) {
          stream.onClose(release);
          follow(stream, following);
        },
      };
    },
    stored: topics.stored,
    close() {
      closed = true;
      clearInterval(beat);
      for (const follower of open) end(follower, { name: 'resume', reason: 'restart' });
    },
    count: () => [...open].filter(({ stream }) => stream.isOpen()).length,
  };
}

function end({ stream, after }: Follower, ending: Ending): void {
  stream.end(endingFrame(ending, after));
}

function keepUp(follower: Open, { recheckMs }: HubTimes): void {
  if (follower.stream.held() === 0) follower.stream.write(HEARTBEAT);
  if (performance.now() - follower.checkedAt >= recheckMs) void recheck(follower);
}

/** A reader whose rights cannot be checked gets nothing more. */
async function recheck(follower: Open): Promise<void> {
  follower.checkedAt = performance.now();
  const allowed = await follower.stillAllowed().catch(() => false);
  if (!allowed) end(follower, { name: 'end', reason: 'access' });
}

const CHUNKS_AT_ONCE = 16;

/** One topic for each log and filter that a reader follows. */
function createTopics(ports: Ports, { pollMs }: HubTimes) {
  const logs = new Map<string, Map<string, Topic>>();
  const keyOf = (kind: LogKind, deploymentId: string) => `${kind} ${deploymentId}`;

  function create({ kind, deploymentId, filter }: Following, onEmpty: () => void): Topic {
    return createTopic({
      filter,
      pollMs,
      onEmpty,
      read: (first) => ports[kind].chunksFrom(deploymentId, first, CHUNKS_AT_ONCE),
      isOver: () => isOver(ports, { kind, deploymentId }),
      onError: (error) =>
        ports.log('warn', 'a log that is followed could not be read', { deploymentId, error }),
    });
  }

  return {
    of(following: Following): Topic {
      const { kind, deploymentId, filter } = following;
      const log = keyOf(kind, deploymentId);
      const topics = logs.get(log) ?? new Map<string, Topic>();
      const key = `${filter.type ?? ''} ${filter.level ?? ''}`;
      const onEmpty = () => {
        topics.delete(key);
        if (topics.size === 0) logs.delete(log);
      };
      const topic = topics.get(key) ?? create(following, onEmpty);
      topics.set(key, topic);
      logs.set(log, topics);
      return topic;
    },
    stored(kind: LogKind, chunk: LogChunk): void {
      for (const topic of logs.get(keyOf(kind, chunk.deploymentId))?.values() ?? []) topic.stored(chunk);
    },
  };
}

interface CatchUp {
  readonly follower: Follower;
  readonly following: Following;
  readonly topicOf: (following: Following) => Topic;
}

/** Sends what is stored, until the reader has what the others of its topic have. */
async function catchUp(ports: Ports, { follower, following, topicOf }: CatchUp): Promise<void> {
  do {
    await sendStored(ports, { follower, following });
  } while (follower.stream.isOpen() && !topicOf(following).join(follower));
}

/** As fast as this reader reads. */
async function sendStored(
  ports: Pick<LogPorts, LogKind>,
  { follower, following }: Pick<CatchUp, 'follower' | 'following'>,
): Promise<void> {
  const { stream } = follower;
  const { kind, deploymentId, filter } = following;
  const isWanted = wanted(filter);
  for await (const lines of readLines(ports[kind], { deploymentId, after: follower.after })) {
    for (const { bytes, last } of framesOf(lines.filter(isWanted))) {
      await stream.drained();
      if (!stream.write(bytes)) return end(follower, { name: 'resume', reason: 'slow' });
      follower.after = last;
    }
    follower.after = lines.at(-1)?.number ?? follower.after;
  }
}

/** A browser opens six to one server: https://developer.mozilla.org/docs/Web/API/EventSource */
const LIMITS = { each: 20, all: 2_000 } as const;

function createPlaces() {
  const counts = new Map<string, number>();
  let all = 0;

  function release(reader: string): void {
    all -= 1;
    const left = (counts.get(reader) ?? 1) - 1;
    if (left === 0) counts.delete(reader);
    else counts.set(reader, left);
  }

  return {
    take(reader: string): () => void {
      const own = counts.get(reader) ?? 0;
      if (own >= LIMITS.each)
        throw new VitrineError(
          'too_many_requests',
          `You follow ${LIMITS.each} logs already: close one of them first.`,
        );
      if (all >= LIMITS.all)
        throw new VitrineError('unavailable', 'Too many logs are being followed: try again in a moment.');
      counts.set(reader, own + 1);
      all += 1;
      return () => release(reader);
    },
  };
}
