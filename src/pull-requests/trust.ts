/** What GitHub says a person may do in the repository. `author_association` is not asked: it grants too much. */
export type RepositoryPermission = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';

/** Whether code may be deployed: at once, after somebody with write permission approved this commit, or not known. */
export interface Trust {
  readonly level: 'trusted' | 'approval' | 'denied';
  readonly reason: string;
}

interface TrustInput {
  /** Of whoever brought this head: see `Bringer`. Undefined when GitHub did not say. */
  readonly permission: RepositoryPermission | undefined;
  readonly isFork: boolean;
  /** Whether a bot brought it. */
  readonly isBot?: boolean | undefined;
  readonly approvedSha: string | null;
  readonly headSha: string;
}

const WRITERS: readonly (RepositoryPermission | undefined)[] = ['admin', 'maintain', 'write'];

function canWrite(permission: RepositoryPermission | undefined): boolean {
  return WRITERS.includes(permission);
}

/**
 * Fails closed. An approval covers one commit: a push after it waits again. Bots have no permission of their own that GitHub would
 * tell (its API answers 404 for them), so their commits wait for a person.
 */
export function trustOf({ permission, isFork, isBot, approvedSha, headSha }: TrustInput): Trust {
  if (approvedSha !== null && approvedSha === headSha)
    return { level: 'trusted', reason: 'This commit was approved.' };
  if (isFork) return { level: 'approval', reason: 'The code comes from a fork.' };
  if (isBot) return { level: 'approval', reason: 'The code comes from a bot.' };
  if (canWrite(permission)) return { level: 'trusted', reason: 'The author may write to this repository.' };
  if (permission === undefined)
    return { level: 'denied', reason: 'GitHub did not say what the author may do in this repository.' };
  return { level: 'approval', reason: 'The author may not write to this repository.' };
}

interface ApprovalInput {
  readonly action: string;
  readonly label: string | undefined;
  readonly senderPermission: RepositoryPermission | undefined;
  readonly headSha: string;
}

export const APPROVED_LABEL = 'preview:approved';

/** Whether an event wants to approve a commit; whether it may is for its sender's permission to say. */
export function wantsToApprove({
  action,
  label,
}: {
  readonly action: string;
  readonly label?: string | undefined;
}): boolean {
  return action === 'labeled' && label?.toLowerCase() === APPROVED_LABEL;
}

/**
 * The commit that an event approves, or null. Only the act of labelling counts, and only by somebody who may write: the label alone
 * stays through later pushes, and triage permission is enough to set it.
 */
export function approvalOf({ senderPermission, headSha, ...event }: ApprovalInput): string | null {
  return wantsToApprove(event) && canWrite(senderPermission) ? headSha : null;
}
