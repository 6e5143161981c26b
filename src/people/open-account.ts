import { VitrineError } from '../shared/errors.js';
import type { TokenPorts } from './api-token.js';
import type { AuditPorts } from './audit-log.js';
import type { SessionPorts } from './session.js';
import type { User, UserPorts } from './user.js';

type Ports = UserPorts & SessionPorts & TokenPorts & AuditPorts;

interface Change {
  readonly userId: string;
  readonly active: boolean;
  /** Who asks for it; the id of a person, and null for an operator. */
  readonly by: { readonly name: string; readonly userId: string | null };
}

/**
 * Shuts a person out, or lets them in again. Who is shut out is signed out everywhere at once, and their API tokens end for good. Asked for
 * again, it does what a crash may have left undone.
 */
export async function setActive(ports: Ports, { userId, active, by }: Change): Promise<User> {
  if (!active && by.userId === userId)
    throw new VitrineError(
      'unprocessable',
      'You cannot close your own account: you could not open it again. Ask another administrator.',
    );
  const seen = await ports.users.get(userId);
  const user = seen && (seen.active === active ? seen : await ports.users.change(userId, { active }));
  if (!user) throw new VitrineError('not_found', 'There is no such person.');
  const ended = active ? null : await endAccess(ports, userId);
  if (seen.active !== active)
    await ports.audit.record({
      actor: by.name,
      action: active ? 'open-account' : 'close-account',
      subject: userId,
      detail: ended
        ? `The account of ${user.name} is closed; ${ended.sessions} sessions and ${ended.tokens} API tokens ended.`
        : `The account of ${user.name} is open again.`,
    });
  return user;
}

async function endAccess({ sessions, tokens }: Ports, userId: string) {
  return { sessions: await sessions.endAll(userId), tokens: await tokens.revokeAll(userId) };
}
