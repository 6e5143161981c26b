import type { AppendLogsBody } from '../../src/contract/logs.js';
import { isVitrineError } from '../../src/shared/errors.js';

type Line = AppendLogsBody['lines'][number];

export interface Logs {
  add(line: Line): void;
  /** Sends the waiting lines. */
  flush(): Promise<void>;
}

interface LogsInput {
  readonly send: (batch: AppendLogsBody) => Promise<unknown>;
  /** Aborted at the end of the run: nothing is sent after that. */
  readonly signal: AbortSignal;
  /** `lost` is the number of lines that the server will not get. */
  readonly onFailure: (error: unknown, lost: number) => void;
}

/** A batch is sent when it is full, and after a second in any case: people watch a build. */
const FLUSH_MS = 1_000;
const BATCH = { lines: 1_000, bytes: 64 * 1024 } as const;
/** What can wait while the server is unavailable. More lines are dropped, and a line reports how many. */
const WAITING = { lines: 20_000, bytes: 8 * 1024 * 1024 } as const;

/** Sends log lines in numbered batches, so that the server can ignore a batch that it has. The build never waits for it. */
export function createLogs({ send, signal, onFailure }: LogsInput): Logs {
  const waiting = createQueue();
  let dropped = 0;
  let last: Line | null = null;
  let seq = 0;
  let sending: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  signal.addEventListener('abort', () => {
    if (timer) clearTimeout(timer);
    waiting.clear();
  });

  const reportCut = (): void => {
    if (dropped > 0 && last)
      waiting.push({ ...last, level: 'warning', text: `(${String(dropped)} lines were cut here)` });
    dropped = 0;
  };

  const sendBatch = async (lines: readonly Line[]): Promise<boolean> => {
    try {
      await send({ seq, lines: [...lines] });
      return true;
    } catch (error) {
      // The retries for an unavailable server have used up their time: another batch would wait as long again.
      const lost = lines.length + (isUnavailable(error) ? waiting.clear() : 0);
      dropped += lost;
      onFailure(error, lost);
      return false;
    } finally {
      seq += 1;
    }
  };

  const drain = async (): Promise<void> => {
    while (!waiting.isEmpty()) {
      const arrived = await sendBatch(waiting.take());
      if (arrived && waiting.isEmpty()) reportCut();
    }
    sending = null;
  };

  const flush = async (): Promise<void> => {
    if (timer) clearTimeout(timer);
    timer = null;
    await (sending ??= Promise.resolve().then(drain));
  };

  return {
    flush,
    add: (line) => {
      if (signal.aborted) return;
      if (waiting.isFull()) {
        dropped += 1;
        return;
      }
      last = line;
      reportCut();
      waiting.push(line);
      if (waiting.hasBatch()) void flush();
      else timer ??= setTimeout(() => void flush(), FLUSH_MS);
    },
  };
}

function isUnavailable(error: unknown): boolean {
  return isVitrineError(error) && error.code === 'unavailable';
}

/** Lines that wait, with a limit for their number and for the memory that they take. */
function createQueue() {
  const lines: Line[] = [];
  let bytes = 0;

  const clear = (): number => {
    bytes = 0;
    return lines.splice(0).length;
  };

  /** At least one line. */
  const take = (): Line[] => {
    let count = 0;
    let taken = 0;
    for (const { text } of lines) {
      const size = Buffer.byteLength(text);
      if (count > 0 && (count >= BATCH.lines || taken + size > BATCH.bytes)) break;
      count += 1;
      taken += size;
    }
    bytes -= taken;
    return lines.splice(0, count);
  };

  return {
    clear,
    take,
    push(line: Line): void {
      lines.push(line);
      bytes += Buffer.byteLength(line.text);
    },
    isEmpty: () => lines.length === 0,
    hasBatch: () => lines.length >= BATCH.lines || bytes >= BATCH.bytes,
    isFull: () => lines.length >= WAITING.lines || bytes >= WAITING.bytes,
  };
}
