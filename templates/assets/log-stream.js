/**
 * Reads a log from the server, each line once and in order: also after the connection was lost, the server was restarted, or the tab was
 * in the background for a while.
 */

/** Waits between attempts, when the server refuses. */
const PAUSES_MS = [500, 1_000, 2_000, 5_000, 10_000];

/**
 * @typedef {{ number: number, at: string, stage: string, level: string, text: string, omitted?: number }} Line
 * @param {{ source: string, onLines: (lines: Line[]) => void, onEnd: (reason: string) => void, onConnection: (connected: boolean) => void }} log
 */
export function readLog({ source: path, onLines, onEnd, onConnection }) {
  let last = 0;
  let attempts = 0;
  let ended = false;
  /** @type {EventSource | null} */
  let source = null;
  let timer = 0;

  function connect() {
    clearTimeout(timer);
    if (source || ended || document.hidden) return;
    const mine = new EventSource(`${path}?from=${last + 1}`);
    source = mine;
    const on = (name, act) => mine.addEventListener(name, (event) => source === mine && act(event));
    on('open', () => onConnection(true));
    on('lines', ({ data }) => take(JSON.parse(data)));
    on('end', ({ data }) => {
      ended = true;
      disconnect();
      onEnd(JSON.parse(data).reason);
    });
    on('resume', ({ data }) => again(JSON.parse(data).reason === 'slow' ? 0 : pause()));
    on('error', () => {
      onConnection(false);
      // It connects again by itself, unless the server answered something else than a stream.
      if (mine.readyState === EventSource.CLOSED) again(pause());
    });
  }

  const pause = () => PAUSES_MS[Math.min(attempts++, PAUSES_MS.length - 1)];

  function disconnect() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  function again(inMs) {
    disconnect();
    timer = setTimeout(connect, inMs);
  }

  /** @param {Line[]} lines */
  function take(lines) {
    const fresh = lines.filter(({ number }) => number > last);
    const [first] = fresh;
    if (!first) return;
    // One that is missing is asked for again: what came after it is not shown before it.
    if (first.number - ((first.omitted ?? 1) - 1) > last + 1) return again(pause());
    last = fresh[fresh.length - 1].number;
    attempts = 0;
    onLines(fresh);
  }

  // A tab in the background needs no stream, and browsers allow few. It goes on after the last line that came.
  document.addEventListener('visibilitychange', () => (document.hidden ? disconnect() : connect()));
  addEventListener('pagehide', disconnect);
  connect();
}
