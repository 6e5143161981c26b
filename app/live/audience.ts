import { type LogFilter, numbered, wanted } from '../../src/deployments/logs/read.js';
import type { LogChunk } from '../../src/deployments/logs/store.js';
import type { NumberedLine } from '../../src/shared/log-lines.js';
import type { EventStream } from '../http/event-stream.js';
import { type Ending, endingFrame, framesOf } from './frames.js';

/** One client that follows a log. */
export interface Follower {
  readonly stream: EventStream;
  /** The number of the last line that it was sent, or that its filter left out. */
  after: number;
}

/** Those who follow one log with one filter, and have the same lines. */
export interface Audience {
  /** Takes a follower that has what the others have; false when it is behind: it must read on first. */
  join(follower: Follower): boolean;
  /** Sends the lines of these chunks that come after the position. */
  send(chunks: readonly LogChunk[]): void;
  /** Ends all. */
  end(ending: Ending): void;
  /** The number of the last line that all of them have. */
  position(): number;
  isEmpty(): boolean;
}

interface Parts {
  readonly filter: LogFilter;
  readonly onEmpty: () => void;
}

export function createAudience({ filter, onEmpty }: Parts): Audience {
  const followers = new Set<Follower>();
  const isWanted = wanted(filter);
  let position = 0;

  function remove(follower: Follower): void {
    if (followers.delete(follower) && followers.size === 0) onEmpty();
  }

  function leave(follower: Follower, ending: Ending): void {
    follower.stream.end(endingFrame(ending, follower.after));
    remove(follower);
  }

  function sendLines(lines: readonly NumberedLine[], last: number): void {
    const shown = lines.filter(isWanted);
    const frames = framesOf(shown);
    for (const follower of followers) {
      if (follower.after >= last) continue;
      // Who joined while the others waited for these lines may have read some of them already.
      const isAhead = follower.after > position;
      const own = isAhead ? framesOf(shown.filter(({ number }) => number > follower.after)) : frames;
      if (own.every(({ bytes }) => follower.stream.write(bytes))) follower.after = last;
      else leave(follower, { name: 'resume', reason: 'slow' });
    }
    position = last;
  }

  return {
    join(follower) {
      if (followers.size === 0) position = follower.after;
      if (follower.after < position) return false;
      followers.add(follower);
      follower.stream.onClose(() => remove(follower));
      return true;
    },
    send(chunks) {
      const lines = chunks.flatMap((chunk, index) => {
        const before = chunks[index - 1];
        const next = before ? before.first + before.lines.length : position + 1;
        return numbered(chunk, next);
      });
      const last = lines.at(-1)?.number ?? 0;
      if (last > position) sendLines(lines, last);
    },
    end(ending) {
      for (const follower of [...followers]) leave(follower, ending);
    },
    position: () => position,
    isEmpty: () => followers.size === 0,
  };
}
