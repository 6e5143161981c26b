import { z } from 'zod';
import type { Ports } from '../../app/ports.js';
import { putToSleep, SETTLE_MS } from '../../src/reconcile/sleep.js';
import { previewUrl } from '../../src/shared/preview-url.js';
import { ENVIRONMENT_STATUS } from '../../src/shared/status/words.js';
import type { Clock } from '../../src/shared/tools.js';

/** What benchmarks need and no request of the API does. */

export interface Time extends Clock {
  readonly pass: (ms: number) => void;
}

/** The time of the server, of which some can be skipped. */
export function createTime(): Time {
  let ahead = 0;
  return { now: () => new Date(Date.now() + ahead), pass: (ms) => void (ahead += ms) };
}

const Shown = z.object({ slug: z.string(), port: z.int() });

/** A preview that a program on this port answers for. */
export async function show({ environments, previewBase: base, clock }: Ports, given: unknown): Promise<void> {
  const { slug, port } = Shown.parse(given);
  const of = { projectId: 'a'.repeat(24), project: 'bench', repoId: 1, repository: 'bench/bench' };
  const url = previewUrl({ label: slug, base });
  const made = await environments.ensure({ ...of, installationId: 1, name: slug, slug, url });
  const reach = { kind: 'upstream', host: '127.0.0.1', port } as const;
  const current = { deploymentId: 'd'.repeat(24), sha: 'a'.repeat(40), url, reach, at: clock.now() };
  await environments.change(made, { patch: { status: ENVIRONMENT_STATUS.ready, current }, due: [] });
}

/** Longer than the time without visitors after which a preview falls asleep. */
const QUIET_MS = 32 * 60_000;

/** Every program without visitors is stopped, as it is half an hour later. */
export async function fallAsleep(ports: Ports, time: Time): Promise<void> {
  time.pass(QUIET_MS);
  await putToSleep(ports);
  time.pass(SETTLE_MS);
  await putToSleep(ports);
}
