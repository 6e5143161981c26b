import { parseExternalId } from '../../src/shared/run-ref.js';
import { CHECKS_ASKED } from './asked.js';
import type { GitHub } from './github.js';

export type CheckRun = Awaited<ReturnType<typeof listChecks>>[number];

/** The check runs of a commit; without a name all of them. */
export function listChecks(
  { octokit, at }: GitHub,
  { sha: ref, name }: { sha: string; name: string | null },
) {
  const { filter, per_page } = CHECKS_ASKED;
  const named = name === null ? {} : { check_name: name };
  return octokit.paginate(octokit.rest.checks.listForRef, { ...at, ref, ...named, filter, per_page });
}

/** The App names no run in what it writes. */
export function isOfApp({ external_id }: CheckRun): boolean {
  const external = parseExternalId(external_id);
  return external !== null && external.run === null;
}
