import type { NumberedLine } from '../../src/shared/log-lines.js';
import { eventOf } from '../http/event-stream.js';

/** Lines of a log as the API shows them. */
export function presentLine({ number, at, ...line }: NumberedLine) {
  return { number, at: at.toISOString(), ...line };
}

/** Lines that are sent as one event: built once, and the same bytes go to every reader. */
export interface Frame {
  /** The number of its last line, also when a filter left that line out. */
  readonly last: number;
  readonly lines: readonly NumberedLine[];
  readonly bytes: Buffer;
}

/** An event is at most about as long, so that many fit into what may wait for one reader. */
const FRAME_CHARACTERS = 48 * 1024;

/** What a line takes besides its text. */
const AROUND_TEXT = 120;

/** Frames of these lines, in order; none for lines that a filter leaves out. The id of each is the number of its last line. */
export function framesOf(lines: readonly NumberedLine[]): Frame[] {
  const frames: Frame[] = [];
  let part: NumberedLine[] = [];
  let characters = 0;
  for (const line of lines) {
    const size = line.text.length + AROUND_TEXT;
    if (part.length > 0 && characters + size > FRAME_CHARACTERS) {
      frames.push(frameOf(part));
      part = [];
      characters = 0;
    }
    part.push(line);
    characters += size;
  }
  if (part.length > 0) frames.push(frameOf(part));
  return frames;
}

function frameOf(lines: readonly NumberedLine[]): Frame {
  const last = lines.at(-1)?.number ?? 0;
  return { last, lines, bytes: eventOf({ name: 'lines', id: last, data: lines.map(presentLine) }) };
}

/** Why a stream ends. After `end` there is nothing to come back for; after `resume` a reader connects again with `Last-Event-ID`. */
export type Ending =
  | { readonly name: 'end'; readonly reason: 'complete' | 'access' }
  | { readonly name: 'resume'; readonly reason: 'slow' | 'restart' | 'error' };

export function endingFrame({ name, reason }: Ending, id: number): Buffer {
  return eventOf({ name, id, data: { reason, last: id } });
}
