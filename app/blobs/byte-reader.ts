import { malformed } from '../../src/uploads/pack.js';

/** Cuts a stream of chunks into declared lengths. */
export interface ByteReader {
  exactly(length: number): Promise<Buffer>;
  /** The next bytes, as they come. What the reader of the part leaves is skipped. */
  part(length: number): AsyncIterable<Buffer>;
  /** Refuses a stream that goes on. */
  end(): Promise<void>;
}

interface State {
  readonly chunks: AsyncIterator<Uint8Array>;
  /** Of the chunk that came last, what nobody took yet. */
  rest: Buffer;
  /** Of the current part, how many bytes nobody took yet. */
  owed: number;
}

export function createByteReader(source: AsyncIterable<Uint8Array>): ByteReader {
  const state: State = { chunks: source[Symbol.asyncIterator](), rest: Buffer.alloc(0), owed: 0 };
  return {
    part: (length) => readPart(state, length),
    async exactly(length) {
      const pieces: Buffer[] = [];
      for await (const piece of readPart(state, length)) pieces.push(piece);
      return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
    },
    async end() {
      await skip(state);
      while (state.rest.length === 0) if (!(await fetchChunk(state))) return;
      throw malformed('it is longer than it says');
    },
  };
}

async function* readPart(state: State, length: number): AsyncGenerator<Buffer> {
  await skip(state);
  state.owed = length;
  while (state.owed > 0) yield await take(state);
}

async function skip(state: State): Promise<void> {
  while (state.owed > 0) await take(state);
}

async function take(state: State): Promise<Buffer> {
  if (state.rest.length === 0 && !(await fetchChunk(state))) throw malformed('it is shorter than it says');
  const piece = state.rest.subarray(0, state.owed);
  state.rest = state.rest.subarray(piece.length);
  state.owed -= piece.length;
  return piece;
}

async function fetchChunk(state: State): Promise<boolean> {
  const { done, value } = await state.chunks.next();
  if (done === true) return false;
  state.rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return true;
}
