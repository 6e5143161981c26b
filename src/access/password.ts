import type { AuditPorts } from '../people/audit-log.js';
import { checkPassword, type PasswordPorts } from '../people/password.js';
import { countTry, type RequestRatePorts } from '../people/request-rates.js';
import type { Project } from '../projects/project.js';
import { VitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import type { PreviewAccessPorts } from './store.js';

type Ports = Pick<PreviewAccessPorts, 'previewPasswords'> &
  PasswordPorts &
  AuditPorts &
  Pick<Tools, 'clock' | 'newId'>;

interface Setting {
  readonly project: Pick<Project, 'id' | 'slug' | 'name'>;
  readonly actor: string;
}

/** Sets the password of a project. Visitors who came in with the one before have to enter the new one. */
export async function setPreviewPassword(
  ports: Ports,
  { project, password, actor }: Setting & { readonly password: string },
): Promise<void> {
  checkPassword(password, '');
  const hash = await ports.passwords.hash(password);
  const version = ports.newId();
  const setAt = ports.clock.now();
  await ports.previewPasswords.set({ projectId: project.id, hash, version, setBy: actor, setAt });
  const detail = `The password for the previews of project ${project.name} was set.`;
  await ports.audit.record({ actor, action: 'set-preview-password', subject: project.slug, detail });
}

/** Without a password, a project with `access: password` lets in only who has a link. */
export async function removePreviewPassword(ports: Ports, { project, actor }: Setting): Promise<boolean> {
  const removed = await ports.previewPasswords.remove(project.id);
  const detail = `The password for the previews of project ${project.name} was removed.`;
  const entry = { actor, action: 'remove-preview-password', subject: project.slug, detail };
  if (removed) await ports.audit.record(entry);
  return removed;
}

const QUARTER_MS = 15 * 60_000;

/** Wrong passwords: from one address for one project, and for one project from all addresses together. */
const LIMITS = { address: 10, project: 1_000 };

interface Entering {
  readonly projectId: string;
  readonly password: string;
  /** The IP address that the visitor comes from. */
  readonly address: string;
}

/** The version of the password when it is right; null when it is wrong. Only wrong ones count towards the limits. */
export async function tryPreviewPassword(
  ports: Pick<Ports, 'previewPasswords' | 'passwords' | 'clock'> & RequestRatePorts,
  { projectId, password, address }: Entering,
): Promise<string | null> {
  const keys = {
    address: `preview-password ${projectId} ${address}`,
    project: `preview-password ${projectId}`,
  };
  const count = (of: keyof typeof keys, by: 1 | -1) =>
    countTry(ports, { key: keys[of], perMs: QUARTER_MS, by });
  // Before the password is looked at, so that many attempts at once are no more than the limit.
  if ((await count('address', 1)) > LIMITS.address || (await count('project', 1)) > LIMITS.project)
    throw new VitrineError('too_many_requests', 'Too many wrong passwords. Try again in 15 minutes.');
  const known = await ports.previewPasswords.get(projectId);
  if (!(await ports.passwords.matches(known?.hash ?? null, password))) return null;
  await Promise.all([count('address', -1), count('project', -1)]);
  return known?.version ?? null;
}
