/** Proxies and browsers take little more. */
const MAX_LINES = 100;
const MAX_BYTES = 8 * 1024;

/** How many headers the answers of one path may still get from a site. */
export interface HeaderRoom {
  /** False when there is no room for this one. */
  take(name: string, value: string): boolean;
  /** Why there is none; null from the second time on: a line more would say the same. */
  fullOnce(): string | null;
}

export function createHeaderRoom(): HeaderRoom {
  let lines = MAX_LINES;
  let bytes = MAX_BYTES;
  let told = false;
  return {
    take(name, value) {
      const needed = name.length + value.length + ': \r\n'.length;
      if (lines < 1 || bytes < needed) return false;
      lines -= 1;
      bytes -= needed;
      return true;
    },
    fullOnce() {
      if (told) return null;
      told = true;
      return `one path may have ${MAX_LINES} headers of ${MAX_BYTES} bytes together, and here they become more`;
    },
  };
}
