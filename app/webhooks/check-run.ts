import { z } from 'zod';
import { rerequest } from '../../src/reports/request.js';
import { checkNews, observeCheckRun } from '../../src/runs/check-run.js';
import { pullRequestOf } from '../../src/shared/preview-url.js';
import { declareEvent } from './declare-event.js';
import { Action, Id, ignored, onlyAbout, ORIGIN, repoOf, Sha, UNINSTALLED } from './payload.js';

/** A user clicked "Re-run" on a check of the App, or the Action wrote its own check run because it had no server. */
export const checkRun = declareEvent({
  name: 'check_run',
  shape: onlyAbout('check_run', {
    ...ORIGIN,
    action: Action,
    check_run: z.object({
      id: Id,
      name: z.string(),
      head_sha: Sha,
      status: z.string(),
      conclusion: z.string().nullable(),
      external_id: z.string().nullish(),
      details_url: z.string().nullish(),
      output: z.object({ summary: z.string().nullish() }).nullish(),
    }),
  }),
  keep: {
    check_run: {
      id: true,
      name: true,
      head_sha: true,
      status: true,
      conclusion: true,
      external_id: true,
      details_url: true,
      output: { title: true, summary: true },
      app: { id: true, slug: true },
      pull_requests: [{ number: true }],
    },
  },
  // Most check runs are those of other Apps: handling one would cost four more commands to the database.
  decideOnArrival({ action, check_run: check }) {
    const news = checkNews(action, check.external_id);
    return news.kind === 'nothing' ? ignored('not-ours', news.why) : null;
  },
  async handle(ports, { action, check_run: check, ...origin }) {
    const repo = repoOf(origin);
    if (!repo) return UNINSTALLED;
    const news = checkNews(action, check.external_id);
    if (news.kind === 'nothing') return ignored('not-ours', news.why);
    if (news.kind === 'rerequested') {
      // For a pull request from a fork, GitHub's list of pull requests is empty. The check's own id names it.
      const number = pullRequestOf(news.external.environment);
      if (number === null) return ignored('not-ours', 'The check run belongs to no pull request.');
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
  },
});
