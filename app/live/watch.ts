import { createHash } from 'node:crypto';
import type { Tools } from '../../src/shared/tools.js';
import { type EventStream, eventOf, HEARTBEAT, RETRY } from '../http/event-stream.js';

/** Something of which an open page shows the state. */
export interface Watched {
  /** Names it: followers of the same thing share what is read. */
  readonly key: string;
  /** What it is now, in a few characters: see `versionOf`. */
  readonly read: () => Promise<string>;
  /** It is looked at so often, where once a second is more than readers need. */
  readonly everyMs?: number;
}

export interface Watch {
  /** Tells the follower each time that it is no longer what it was. */
  follow(stream: EventStream, watched: Watched & Follower): void;
  /** How many follow something. */
  count(): number;
  close(): void;
}

interface Follower {
  /** The version that its page shows. */
  readonly from: string;
  /** Whether the person may still see it. */
  readonly stillAllowed: () => Promise<boolean>;
}

interface Topic {
  readonly followers: Map<EventStream, { seen: string }>;
  /** The next look at it. */
  timer: NodeJS.Timeout | null;
}

export interface WatchTimes {
  /** Other processes change what is stored, and it can only be asked for. */
  readonly pollMs: number;
  readonly heartbeatMs: number;
}

export const WATCH_TIMES: WatchTimes = { pollMs: 1_000, heartbeatMs: 20_000 };

/** A short word for a state: it changes when any of these values does. */
export function versionOf(...values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url').slice(0, 16);
}

/** Tells open pages that something has changed. Each thing is looked at once a second, however many pages show it. */
export function createWatch({ log }: Pick<Tools, 'log'>, { pollMs, heartbeatMs }: WatchTimes): Watch {
  const topics = new Map<string, Topic>();

  function follow(stream: EventStream, { from, stillAllowed, ...watched }: Watched & Follower): void {
    const { key } = watched;
    const topic = topics.get(key) ?? { followers: new Map(), timer: null };
    topics.set(key, topic);
    topic.followers.set(stream, { seen: from });
    stream.write(RETRY);
    const beat = setInterval(() => void keep(stream, stillAllowed), heartbeatMs);
    beat.unref();
    stream.onClose(() => {
      clearInterval(beat);
      topic.followers.delete(stream);
      if (topic.followers.size > 0) return;
      if (topic.timer) clearTimeout(topic.timer);
      topics.delete(key);
    });
    if (topic.timer === null) look(topic, watched, 0);
  }

  function look(topic: Topic, watched: Watched, inMs: number): void {
    const { read, everyMs = pollMs } = watched;
    topic.timer = setTimeout(() => {
      read()
        .then((version) => tell(topic, version))
        .catch((error: unknown) => log('warn', 'an open page could not be brought up to date', { error }))
        .finally(() => {
          if (topic.followers.size > 0) look(topic, watched, everyMs);
        });
    }, inMs);
    topic.timer.unref();
  }

  return {
    follow,
    count: () => [...topics.values()].reduce((sum, { followers }) => sum + followers.size, 0),
    close() {
      for (const { followers } of [...topics.values()])
        for (const stream of [...followers.keys()]) stream.end();
    },
  };
}

function tell({ followers }: Topic, version: string): void {
  const event = eventOf({ name: 'changed', data: { version } });
  for (const [stream, follower] of followers) {
    if (follower.seen === version) continue;
    follower.seen = version;
    if (!stream.write(event)) stream.end();
  }
}

/** Who may no longer see it hears nothing more. */
async function keep(stream: EventStream, stillAllowed: Follower['stillAllowed']): Promise<void> {
  if ((await stillAllowed()) && stream.write(HEARTBEAT)) return;
  stream.end();
}
