/** What GitHub says a person may do in the repository. We do not use `author_association`: it grants too much. */
export type RepositoryPermission = 'admin' | 'maintain' | 'write' | 'triage' | 'read' | 'none';

/**
 * Whether a commit may be deployed. `trusted`: at once. `approval`: after a person with write access approved it. `denied`: GitHub did
 * not say what its author may do.
 */
export interface Trust {
  readonly level: 'trusted' | 'approval' | 'denied';
  readonly reason: string;
}

interface TrustInput {
  /** Of the account that pushed this head: see `Pusher`. Undefined when GitHub did not say. */
  readonly permission: RepositoryPermission | undefined;
  readonly isFork: boolean;
  /** Whether a bot pushed this head. */
  readonly isBot?: boolean | undefined;
  readonly approvedSha: string | null;
  readonly headSha: string;
}

const WRITERS: readonly (RepositoryPermission | undefined)[] = ['admin', 'maintain', 'write'];

function canWrite(permission: RepositoryPermission | undefined): boolean {
  return WRITERS.includes(permission);
}

/**
 * Fails closed. An approval covers one commit: the next push waits again. GitHub's API answers 404 for the permission of a bot, so the
 * commits of bots wait for a person.
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

/** Whether the event asks to approve a commit. Whether it may is decided by the permission of its sender: see `approvalOf`. */
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
 * The commit that an event approves, or null. Only the event counts, and only from a person with write access. The label alone proves
 * nothing: it stays when the author pushes again, and triage permission is enough to set it.
 */
export function approvalOf({ senderPermission, headSha, ...event }: ApprovalInput): string | null {
  return wantsToApprove(event) && canWrite(senderPermission) ? headSha : null;
}
