import { z } from 'zod';
import { observePush } from '../../src/observations/push.js';
import { declareEvent, sourceOf } from './declare-event.js';
import { ignored, onlyAbout, ORIGIN, repoOf, Sha, UNINSTALLED } from './payload.js';

const BRANCHES = 'refs/heads/';

/** A branch or a tag was pushed. */
export const push = declareEvent({
  name: 'push',
  shape: onlyAbout(['commits', 'pusher'], {
    repository: ORIGIN.repository.extend({ owner: z.object({ id: z.int().positive() }) }),
    installation: ORIGIN.installation,
    sender: ORIGIN.sender.nullish(),
    ref: z.string().startsWith('refs/'),
    before: Sha,
    after: Sha,
    deleted: z.boolean(),
    /** Null when the branch was deleted. */
    head_commit: z.object({ id: Sha, message: z.string() }).nullable(),
  }),
  keep: { ref: true, before: true, after: true, deleted: true, head_commit: { id: true, message: true } },
  decideOnArrival: ({ ref, deleted }) =>
    deleted || !ref.startsWith(BRANCHES) ? ignored('not-a-branch', 'No branch has a new commit.') : null,
  // Two pushes to the default branch would only make each other read the policy again.
  orderKey: ({ repository, ref }) => `${repository.id} ${ref}`,
  async handle(ports, { ref, before, after, head_commit: commit, ...origin }, handled) {
    const repo = repoOf(origin);
    if (!repo) return UNINSTALLED;
    const branch = ref.slice(BRANCHES.length);
    const message = commit?.message ?? '';
    return observePush(ports, { repo, branch, before, after, message, source: sourceOf(handled) });
  },
});
