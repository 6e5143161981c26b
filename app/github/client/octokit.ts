import { ProbotOctokit } from 'probot';
import type { Log } from '../../../src/shared/tools.js';

export interface OctokitOptions {
  readonly apiUrl: string;
  readonly userAgent: string;
  readonly log: Log;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly data: unknown;
}

/** One HTTP request as Octokit does it: URL template, JSON, errors with status and headers. */
export type RawRequest = (route: string, parameters: Readonly<Record<string, unknown>>) => Promise<RawAnswer>;

/** The newest dated version whose answers our schemas were written for. */
const API_VERSION = '2022-11-28';

/**
 * Octokit without its policies. Its retry plugin sends a POST again after a 502, and its throttling leaves a second between any two
 * writes and three between comments; ours are in call.ts and pacing.ts. The token is a header of each request, so that one instance
 * serves every installation.
 */
export function createRawRequest({ apiUrl, userAgent, log }: OctokitOptions): RawRequest {
  const octokit = new ProbotOctokit({
    authStrategy: undefined,
    throttle: { enabled: false },
    retry: { enabled: false },
    baseUrl: apiUrl.replace(/\/$/, ''),
    userAgent,
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: (message: string) => log('warn', message),
      error: (message: string) => log('error', message),
    },
  });
  return (route, { headers, ...parameters }) =>
    octokit.request(route, {
      ...parameters,
      headers: { 'x-github-api-version': API_VERSION, ...(headers as Record<string, string>) },
    });
}
