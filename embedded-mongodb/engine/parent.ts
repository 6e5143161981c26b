import { fstatSync } from 'node:fs';

/**
 * Calls back when the process that started this one is gone. Its end of our standard input closes with it, even after
 * `kill -9`, so no orphan keeps the data directory. A terminal or /dev/null says nothing about a parent and is left alone.
 */
export function whenParentEnds(stdin: NodeJS.ReadStream & { fd: 0 }, callback: () => void): void {
  const kind = fstatSync(stdin.fd);
  if (!kind.isFIFO() && !kind.isSocket()) return;
  stdin.on('end', callback).on('error', callback).resume();
}
