import { z } from 'zod';
import type { DeliveryDecision } from '../../src/deliveries/store.js';
import { rerequest } from '../../src/reports/request.js';
import { checkNews, observeCheckRun } from '../../src/runs/check-run.js';
import { pullRequestOf } from '../../src/shared/preview-url.js';
import type { Ports } from '../ports.js';
import { originFromPayload, repoOf, uninstalled } from './payload.js';

const Payload = z.object({
  action: z.string(),
  check_run: z.object({
    head_sha: z.string(),
    status: z.string(),
    conclusion: z.string().nullable(),
    external_id: z.string().nullish(),
    details_url: z.string().nullish(),
    output: z.object({ summary: z.string().nullish() }).nullish(),
  }),
});

/** A check of ours that somebody asked to run again, or one that the Action wrote without a server. */
export async function onCheckRun(ports: Ports, payload: unknown): Promise<DeliveryDecision> {
  const repo = repoOf(originFromPayload(payload));
  if (!repo) return uninstalled;
  const { action, check_run: check } = Payload.parse(payload);
  const news = checkNews(action, check.external_id);
  if (news.kind === 'nothing') return ignore(news.why);
  if (news.kind === 'rerequested') {
    // GitHub names no pull request for those from forks; the check names its own.
    const number = pullRequestOf(news.external.environment);
    if (number === null) return ignore('The check run belongs to no pull request.');
    const ref = { installationId: repo.installationId, repoId: repo.id, fullName: repo.fullName };
    return rerequest(ports, { repo: ref, sha: check.head_sha, numbers: [number] });
  }
  return observeCheckRun(ports, {
    repo,
    external: news.external,
    status: check.status,
    conclusion: check.conclusion,
    url: check.details_url ?? null,
    summary: check.output?.summary ?? null,
  });
}

function ignore(detail: string): DeliveryDecision {
  return { action: 'ignore', rule: 'not-ours', detail, environmentIds: [] };
}
