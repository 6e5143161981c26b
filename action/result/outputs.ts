import type { Result } from './result.js';

export const OUTPUT_NAMES = [
  'preview-url',
  'url',
  'commit-url',
  'deployment-id',
  'environment',
  'status',
  'reason',
  'live',
  'logs-url',
  'expires-at',
] as const;
export type OutputName = (typeof OUTPUT_NAMES)[number];

/** Every output has a value on every path, failure included, so that later steps never read a word that is not there. */
export function toOutputs(result: Result, logsUrl: string): Readonly<Record<OutputName, string>> {
  return {
    'preview-url': result.url,
    url: result.url,
    'commit-url': result.commitUrl,
    'deployment-id': result.deploymentId,
    environment: result.environment,
    status: result.status,
    reason: result.failedStage === null ? result.reason : `${result.failedStage} failed: ${result.reason}`,
    live: String(result.live),
    'logs-url': logsUrl,
    'expires-at': result.expiresAt,
  };
}
