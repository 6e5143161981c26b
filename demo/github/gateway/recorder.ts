import type { Clock } from '../clock.js';

export interface RecordedRequest {
  readonly method: string;
  /** Path without the query. */
  readonly path: string;
  readonly query: string;
  readonly body: unknown;
  readonly at: number;
  /** `app`, `installation`, `user` or `nobody`. */
  readonly by: string;
  /** Undefined while unanswered, and for ever when the connection was broken on purpose. */
  status: number | undefined;
}

export interface RequestFilter {
  readonly method?: string;
  readonly path?: RegExp;
}

export interface Recorder {
  start(request: Omit<RecordedRequest, 'status' | 'at'>): RecordedRequest;
  requests(filter?: RequestFilter): RecordedRequest[];
  /** How many requests asked GitHub to change something. */
  writes(): number;
  clear(): void;
}

export function createRecorder(clock: Clock): Recorder {
  const all: RecordedRequest[] = [];
  return {
    start(request) {
      const entry = { ...request, at: clock(), status: undefined };
      all.push(entry);
      return entry;
    },
    requests: (filter = {}) => all.filter((request) => matches(request, filter)),
    writes: () => all.filter(isWrite).length,
    clear: () => void all.splice(0),
  };
}

function matches(request: RecordedRequest, filter: RequestFilter): boolean {
  const methodFits = filter.method === undefined || filter.method === request.method;
  return methodFits && (filter.path === undefined || filter.path.test(request.path));
}

/** Minting a token changes nothing. */
export function isWrite({ method, path }: Pick<RecordedRequest, 'method' | 'path'>): boolean {
  return method !== 'GET' && !path.endsWith('/access_tokens');
}
