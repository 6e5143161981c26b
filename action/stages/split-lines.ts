import { StringDecoder } from 'node:string_decoder';

export interface LineSplitter {
  push(chunk: Buffer): void;
  end(): void;
}

/** Four times what the server keeps of a line: a secret is found before the line is cut. */
const LONGEST = 64 * 1024;

/** Bytes to lines: LF, CRLF and the lone CR of progress bars end one; invalid UTF-8 is replaced, endless lines are cut. */
export function createLineSplitter(onLine: (line: string) => void): LineSplitter {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let dropped = 0;

  const emit = (line: string): void => {
    const cut = dropped + Math.max(0, line.length - LONGEST);
    dropped = 0;
    onLine(cut > 0 ? `${line.slice(0, LONGEST)} (${String(cut)} more characters)` : line);
  };
  const take = (text: string): void => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) emit(line.replace(/\r$/, ''));
    // A CR at the very end stays, because its LF may come with the next chunk.
    if (rest.length <= LONGEST + 1) return;
    dropped += rest.length - LONGEST;
    rest = rest.slice(0, LONGEST);
  };

  return {
    push: (chunk) => take(decoder.write(chunk)),
    end: () => {
      take(decoder.end());
      if (rest !== '' || dropped > 0) emit(rest.replace(/\r$/, ''));
      rest = '';
    },
  };
}
