import type { EngineLine } from '../../src/targets/docker/engine.js';

/** Longer lines are cut: the engine itself sends them in parts of 16 KiB. */
const LONGEST_LINE = 64 * 1024;
const HEADER = 8;

type Stream = EngineLine['stream'];

interface Piece {
  readonly stream: Stream;
  readonly bytes: Buffer;
}

/**
 * Reads the log of a container. Without a terminal, the engine sends frames: a header of eight bytes with the stream and the length, then
 * one line, or a part of a long one. With a terminal there is one stream, and no frames.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  { framed }: { readonly framed: boolean },
): AsyncGenerator<EngineLine> {
  const open = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  for await (const { stream, bytes } of framed ? frames(chunks) : plain(chunks)) {
    // Every part of a long line begins with the time.
    const isContinued = framed && open[stream].length > 0;
    const rest = Buffer.concat([open[stream], isContinued ? withoutTime(bytes) : bytes]);
    let from = 0;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10, from)) {
      const line = lineOf(stream, rest.subarray(from, end));
      from = end + 1;
      if (line) yield line;
    }
    open[stream] = rest.subarray(from, from + LONGEST_LINE);
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const line = lineOf(stream, open[stream]);
    if (line) yield line;
  }
}

async function* plain(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  for await (const chunk of chunks) yield { stream: 'stdout', bytes: Buffer.from(chunk) };
}

async function* frames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    let from = 0;
    while (rest.length - from >= HEADER) {
      const end = from + HEADER + rest.readUInt32BE(from + 4);
      if (rest.length < end) break;
      const stream: Stream = rest[from] === 2 ? 'stderr' : 'stdout';
      yield { stream, bytes: rest.subarray(from + HEADER, end) };
      from = end;
    }
    rest = rest.subarray(from);
  }
}

/** As 2026-11-28T18:26:17.703917051Z and a space. */
const TIME = /^(\d{4}-\d\d-\d\dT[\d:]{8}\.?\d*(?:Z|[+-]\d\d:\d\d)) /;
const LONGEST_TIME = 40;

function withoutTime(bytes: Buffer): Buffer {
  const time = TIME.exec(bytes.toString('latin1', 0, LONGEST_TIME))?.[0];
  return time === undefined ? bytes : bytes.subarray(time.length);
}

/** Null for what has no time: it is not a line of the engine's log. */
function lineOf(stream: Stream, bytes: Buffer): EngineLine | null {
  const text = bytes.toString('utf8').replace(/\r$/, '');
  const [head, time] = TIME.exec(text) ?? [];
  if (head === undefined || time === undefined) return null;
  return { at: new Date(time), stream, text: text.slice(head.length) };
}
