import type { ServerResponse } from 'node:http';

export interface Head {
  readonly status: number;
  /** Names and values in turn. */
  readonly head: readonly string[];
  /** Added; each takes the place of every header of the same name. */
  readonly extra?: readonly string[];
}

/** A flat list goes to the socket as it is; an object would be turned into one on every request. */
export function writeHead(response: ServerResponse, { status, head, extra = [] }: Head): void {
  response.writeHead(status, (extra.length === 0 ? head : replaceHeaders(head, extra)) as string[]);
}

function replaceHeaders(head: readonly string[], extra: readonly string[]): string[] {
  const replaced = new Set(extra.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase()));
  const kept = head.filter((_, index) => !replaced.has(head[index - (index % 2)] ?? ''));
  return [...kept, ...extra];
}
