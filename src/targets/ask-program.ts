import { request } from 'node:http';
import { errorCode } from '../shared/errors.js';

export interface ProgramAddress {
  readonly host: string;
  readonly port: number;
}

interface Question extends ProgramAddress {
  readonly path: string;
  /** The URL of the preview: programs refuse hosts that they do not know. */
  readonly url: string;
  readonly signal: AbortSignal;
}

/** What a program answered: a status, or why there was none. */
export type Answer = { readonly status: number } | { readonly silence: 'unreachable' | 'slow' };

const PATIENCE_MS = 5_000;

/** Requests the health path as the proxy would. Redirects are not followed. */
export function askProgram({ host, port, path, url, signal }: Question): Promise<Answer> {
  const { host: name, protocol } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({
      host,
      port,
      path,
      headers: { host: name, 'x-forwarded-host': name, 'x-forwarded-proto': protocol.slice(0, -1) },
      agent: false,
      timeout: PATIENCE_MS,
      signal,
    });
    sent.once('response', (response) => {
      resolve({ status: response.statusCode ?? 0 });
      response.destroy();
    });
    sent.once('timeout', () => {
      resolve({ silence: 'slow' });
      sent.destroy();
    });
    sent.on('error', (error) => {
      if (signal.aborted) reject(signal.reason as Error);
      else resolve({ silence: errorCode(error) === 'ETIMEDOUT' ? 'slow' : 'unreachable' });
    });
    sent.end();
  });
}

export function isWell(answer: Answer): boolean {
  return 'status' in answer && answer.status >= 200 && answer.status < 400;
}

/** As the end of a sentence that names the program. */
export function wordsFor(answer: Answer): string {
  if ('status' in answer) return `answers HTTP ${answer.status}`;
  return answer.silence === 'slow' ? 'takes longer than 5 seconds to answer' : 'does not accept connections';
}
