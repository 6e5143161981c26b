import { request } from 'node:http';
import { errorCode } from '../shared/errors.js';
import { type HealthCheck, isHealthyStatus, timeoutOf } from '../shared/health.js';

export interface ProgramAddress {
  readonly host: string;
  readonly port: number;
}

interface Question extends ProgramAddress, HealthCheck {
  /** The URL of the preview: programs refuse hosts that they do not know. */
  readonly url: string;
  readonly signal: AbortSignal;
}

/** What a program answered: a status, or why there was none. */
export type Answer =
  | { readonly status: number; readonly well: boolean }
  | { readonly silence: 'unreachable' }
  | { readonly silence: 'slow'; readonly afterMs: number };

/** Requests the health path as the proxy would. Redirects are not followed. */
export function askProgram({ host, port, url, signal, ...check }: Question): Promise<Answer> {
  const afterMs = timeoutOf(check);
  const { host: name, protocol } = new URL(url);
  return new Promise((resolve, reject) => {
    const sent = request({
      host,
      port,
      path: check.healthPath,
      headers: { host: name, 'x-forwarded-host': name, 'x-forwarded-proto': protocol.slice(0, -1) },
      agent: false,
      timeout: afterMs,
      signal,
    });
    sent.once('response', (response) => {
      const { statusCode: status = 0 } = response;
      resolve({ status, well: isHealthyStatus(check, status) });
      response.destroy();
    });
    sent.once('timeout', () => {
      resolve({ silence: 'slow', afterMs });
      sent.destroy();
    });
    sent.on('error', (error) => {
      if (signal.aborted) reject(signal.reason as Error);
      else
        resolve(errorCode(error) === 'ETIMEDOUT' ? { silence: 'slow', afterMs } : { silence: 'unreachable' });
    });
    sent.end();
  });
}

export function isWell(answer: Answer): boolean {
  return 'status' in answer && answer.well;
}

/** As the end of a sentence that names the program. */
export function wordsFor(answer: Answer): string {
  if ('status' in answer) return `answers HTTP ${answer.status}`;
  if (answer.silence === 'unreachable') return 'does not accept connections';
  return `takes longer than ${answer.afterMs / 1_000} seconds to answer`;
}
