import type { AppendLogsBody } from '../../src/contract/deployments.js';
import { isVitrineError } from '../../src/shared/errors.js';

type Line = AppendLogsBody['lines'][number];

export interface Logs {
  add(line: Line): void;
  /** Sends what is left. */
  flush(): Promise<void>;
}

interface LogsInput {
  readonly send: (batch: AppendLogsBody) => Promise<unknown>;
  /** Nothing is sent any more once this is aborted. */
  readonly signal: AbortSignal;
  /** `lost`: how many lines the server will not see because of it. */
  readonly onFailure: (error: unknown, lost: number) => void;
}

const FLUSH_MS = 1_000;
const BATCH_LINES = 500;
const BATCH_BYTES = 256 * 1024;
/** What may wait while the server is away; more is cut, and the cut is told. */
const WAITING_LINES = 20_000;

/** Log lines in numbered batches: a batch that arrives twice counts once, and a build never waits for its log. */
export function createLogs({ send, signal, onFailure }: LogsInput): Logs {
  const waiting: Line[] = [];
  let cut = 0;
  let last: Line | null = null;
  let seq = 0;
  let sending: Promise<void> | null = null;
  let timer: NodeJS.Timeout | null = null;

  signal.addEventListener('abort', () => {
    if (timer) clearTimeout(timer);
    waiting.length = 0;
  });

  const tellCut = (): void => {
    if (cut > 0 && last)
      waiting.push({ ...last, level: 'warning', text: `(${String(cut)} lines were cut here)` });
    cut = 0;
  };

  const sendBatch = async (lines: readonly Line[]): Promise<boolean> => {
    try {
      await send({ seq, lines: [...lines] });
      return true;
    } catch (error) {
      // The time for a server that is away has been waited out: every further batch would wait as long again.
      const lost = lines.length + (isAway(error) ? waiting.splice(0).length : 0);
      cut += lost;
      onFailure(error, lost);
      return false;
    } finally {
      seq += 1;
    }
  };

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      const arrived = await sendBatch(take(waiting));
      if (arrived && waiting.length === 0) tellCut();
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
        cut += 1;
        return;
      }
      last = line;
      tellCut();
      waiting.push(line);
      timer ??= setTimeout(() => void flush(), FLUSH_MS);
    },
  };
}

function isAway(error: unknown): boolean {
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
