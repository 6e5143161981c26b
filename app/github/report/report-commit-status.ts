import type { CommitStatusReport, Recipient } from '../../../src/reports/reporter.js';
import { send, type Caller } from '../client/call.js';
import { cutDescription } from './cut-description.js';
import { digestOf } from './digest.js';
import { fenced } from './fence.js';

/** For branch rules that know commit statuses only. Saying it twice is harmless: GitHub shows the newest of a context. */
export async function reportCommitStatus(
  caller: Caller,
  wanted: {
    readonly repo: Recipient;
    readonly report: CommitStatusReport;
    readonly lastDigest: string | null;
  },
): Promise<string> {
  const { sha, context, state, description, targetUrl } = wanted.report;
  const parameters = {
    sha,
    context,
    state,
    description: cutDescription(description),
    ...(targetUrl === null ? {} : { target_url: targetUrl }),
  };
  const digest = digestOf(parameters);
  if (digest === wanted.lastDigest) return digest;
  await send(fenced(caller, wanted.repo), {
    repo: wanted.repo,
    purpose: 'status',
    lane: 'background',
    route: 'POST /repos/{owner}/{repo}/statuses/{sha}',
    parameters,
  });
  return digest;
}
