/** How something is asked whether it is well, and which answer is a good one. */
export interface HealthCheck {
  readonly healthPath: string;
  /** So long it may take to answer; ten seconds unless given. */
  readonly healthTimeoutMs?: number | undefined;
  /** The statuses of a good answer, as `200,401` or `200-299`; from 200 to 399 unless given. */
  readonly healthStatus?: string | undefined;
}

export const HEALTH_TIMEOUT_MS = 10_000;
export const HEALTH_STATUS = '200-399';

export const LONGEST_SECONDS = 60;

export const TIMEOUT_HELP = 'must be a time from 1s to 60s, such as 5s';
export const STATUS_HELP =
  'must be a status or a range from 200 to 499, such as 200 or 200-299, or several of them with commas';

/** The rules of a check alone. What is not said otherwise is left out: an older server or Action knows nothing of it. */
export function healthOf({ healthPath, healthTimeoutMs, healthStatus }: HealthCheck): HealthCheck {
  return {
    healthPath,
    ...(healthTimeoutMs !== undefined && healthTimeoutMs !== HEALTH_TIMEOUT_MS && { healthTimeoutMs }),
    ...(healthStatus !== undefined && healthStatus !== HEALTH_STATUS && { healthStatus }),
  };
}

export function timeoutOf({ healthTimeoutMs = HEALTH_TIMEOUT_MS }: Omit<HealthCheck, 'healthPath'>): number {
  return healthTimeoutMs;
}

/** Whether an answer with this status is a good one. */
export function isHealthyStatus(
  { healthStatus = HEALTH_STATUS }: Omit<HealthCheck, 'healthPath'>,
  status: number,
): boolean {
  return (rangesOf(healthStatus) ?? []).some(({ from, to }) => status >= from && status <= to);
}

/** As the end of a sentence: it must answer with ... */
export function statusWords({ healthStatus = HEALTH_STATUS }: Omit<HealthCheck, 'healthPath'>): string {
  return healthStatus === HEALTH_STATUS ? '2xx or 3xx' : healthStatus.replaceAll(',', ' or ');
}

/** `5s` in milliseconds; null when it is no such time. */
export function readHealthTimeout(text: string): number | null {
  const seconds = Number(/^(\d{1,2})s$/.exec(text)?.[1]);
  return seconds >= 1 && seconds <= LONGEST_SECONDS ? seconds * 1_000 : null;
}

/** `200, 204-299` as it is stored; null when it is no such list. A status from 500 on says that something is wrong. */
export function readHealthStatus(text: string): string | null {
  const compact = text.replaceAll(' ', '');
  return isStatusText(compact) ? compact : null;
}

export function isStatusText(text: string): boolean {
  return rangesOf(text) !== null;
}

interface Range {
  readonly from: number;
  readonly to: number;
}

const MOST_RANGES = 10;

function rangesOf(text: string): readonly Range[] | null {
  const parts = text.split(',');
  const ranges = parts.flatMap((part) => {
    const [, from, to = from] = /^([2-4]\d\d)(?:-([2-4]\d\d))?$/.exec(part) ?? [];
    return from !== undefined && Number(from) <= Number(to) ? [{ from: Number(from), to: Number(to) }] : [];
  });
  return ranges.length === parts.length && parts.length <= MOST_RANGES ? ranges : null;
}
