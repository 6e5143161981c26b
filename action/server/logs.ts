import type { AppendLogsBody } from '../../src/contract/deployments.js';
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

const FLUSH_MS = 1_000;
const BATCH_LINES = 500;
const BATCH_BYTES = 256 * 1024;
/** The lines that can wait while the server is unavailable. More lines are dropped, and a line reports how many. */
const WAITING_LINES = 20_000;

/** Sends log lines in numbered batches, so that the server can ignore a batch that it has. The build never waits for it. */
export function createLogs({ send, signal, onFailure }: LogsInput): Logs {
  const waiting: Line[] = [];
  let dropped = 0;
  let last: Line | null = null;
  let seq = 0;
  let sending: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  signal.addEventListener('abort', () => {
    if (timer) clearTimeout(timer);
    waiting.length = 0;
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
      const lost = lines.length + (isUnavailable(error) ? waiting.splice(0).length : 0);
      dropped += lost;
      onFailure(error, lost);
      return false;
    } finally {
      seq += 1;
    }
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const arrived = await sendBatch(take(waiting));
      if (arrived && waiting.length === 0) reportCut();
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
      if (waiting.length >= WAITING_LINES) {
        dropped += 1;
        return;
      }
      last = line;
      reportCut();
      waiting.push(line);
      timer ??= setTimeout(() => void flush(), FLUSH_MS);
    },
  };
}

function isUnavailable(error: unknown): boolean {
  return isVitrineError(error) && error.code === 'unavailable';
}

function take(waiting: Line[]): Line[] {
  let count = 0;
  let bytes = 0;
  for (const line of waiting) {
    bytes += Buffer.byteLength(line.text);
    if (count > 0 && (count >= BATCH_LINES || bytes > BATCH_BYTES)) break;
    count += 1;
  }
  return waiting.splice(0, count);
}
