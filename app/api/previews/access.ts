import { mayOpen, writeCode } from '../../../src/access/hand-over.js';
import { createShareLink, revokeShareLink } from '../../../src/access/links.js';
import { removePreviewPassword, setPreviewPassword } from '../../../src/access/password.js';
import type { PreviewLink } from '../../../src/access/store.js';
import type { access, AccessView, ShareLinkView } from '../../../src/contract/access.js';
import { SIGN_IN } from '../../../src/contract/people/sign-in.js';
import { ownerOfHost } from '../../../src/environments/host.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import { pathWithin } from '../../../src/people/sign-in.js';
import { countTry } from '../../../src/people/request-rates.js';
import type { StoredProject } from '../../../src/projects/project.js';
import { accessModeOf, accessRuleOf } from '../../../src/repositories/preview-access.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { GATE_PATHS, OPEN_PREVIEW } from '../../../src/shared/preview-access.js';
import { previewUrl } from '../../../src/shared/preview-url.js';
import type { Ports } from '../../ports.js';
import type { Caller } from '../access.js';
import { found, type Handlers, nameOf, pageOf } from '../handler.js';

/** Who may open previews: passwords, shared links, and the way of visitors who sign in. The previews' own hosts ask src/access. */
export const accessHandlers: Handlers<typeof access> = {
  async getProjectAccess(ports, { params }) {
    return present(ports, found(await ports.projects.get(params.id), 'project'));
  },

  async setPreviewPassword(ports, { params, body: { password }, caller }) {
    const project = kept(found(await ports.projects.get(params.id), 'project'));
    await setPreviewPassword(ports, { project, password, actor: nameOf(caller) });
    return present(ports, project);
  },

  async removePreviewPassword(ports, { params, caller }) {
    const project = found(await ports.projects.get(params.id), 'project');
    await removePreviewPassword(ports, { project, actor: nameOf(caller) });
    return present(ports, project);
  },

  async listShareLinks(ports, { params, query }) {
    const { id } = found(await ports.environments.get(params.id), 'environment');
    const { items, nextCursor } = await ports.previewLinks.shared(id, ports.clock.now(), pageOf(query));
    return { items: items.map(presentLink), nextCursor };
  },

  async createShareLink(ports, { params, body, caller }) {
    const environment = found(await ports.environments.get(params.id), 'environment');
    const { link, url } = await createShareLink(ports, { environment, ...body, actor: nameOf(caller) });
    return { link: presentLink(link), url };
  },

  async revokeShareLink(ports, { params, caller }) {
    const environment = found(await ports.environments.get(params.id), 'environment');
    await revokeShareLink(ports, { environment, id: params.linkId, actor: nameOf(caller) });
    return { revoked: true };
  },

  async openPreview(ports, { query, caller, browser }) {
    await limitTries(ports, browser.address);
    const owner = await ownerOfHost(ports, query.host);
    // A token opens the API; a visitor is a person at a browser.
    if (caller.kind !== 'user' || caller.sessionId === null) return { location: signInAddress(query) };
    if (!owner) throw notOpen(caller);
    return { location: await addressFor(ports, { ...query, environment: owner.environment, caller }) };
  },
};

function kept(project: StoredProject): StoredProject {
  if (!project.deletingAt) return project;
  throw new VitrineError('conflict', 'This project is being deleted.');
}

async function present(ports: Ports, project: StoredProject): Promise<AccessView> {
  const policy = (await ports.repos.get(project.repoId))?.kept?.policy;
  const password = await ports.previewPasswords.get(project.id);
  return {
    projectId: project.id,
    access: accessModeOf({ environment: { settings: null, head: null }, project, policy }),
    password: password && { setAt: password.setAt.toISOString(), setBy: password.setBy },
  };
}

function presentLink({
  kind: _kind,
  projectId: _of,
  createdAt,
  expiresAt,
  ...rest
}: PreviewLink): ShareLinkView {
  return { ...rest, createdAt: createdAt.toISOString(), expiresAt: expiresAt.toISOString() };
}

const TRIES = { times: 60, perMs: 60_000 };

async function limitTries(ports: Ports, address: string): Promise<void> {
  const tries = await countTry(ports, { key: `open-preview ${address}`, perMs: TRIES.perMs });
  if (tries > TRIES.times)
    throw new VitrineError(
      'too_many_requests',
      'Too many previews were opened from one address. Try again in a minute.',
    );
}

interface Asked {
  readonly host: string;
  readonly state: string;
  readonly to: string;
}

/** The page lists the ways of signing in, and leads back here. */
function signInAddress({ host, state, to }: Asked): string {
  const back = `${OPEN_PREVIEW}?${String(new URLSearchParams({ host, state, to }))}`;
  return `${SIGN_IN}?${String(new URLSearchParams({ return_to: back }))}`;
}

interface Opening extends Asked {
  readonly environment: StoredEnvironment;
  readonly caller: Extract<Caller, { kind: 'user' }>;
}

/** An address of the preview, always on its own host. What the person may not see is answered like what is not there. */
async function addressFor(ports: Ports, { host, state, to, environment, caller }: Opening): Promise<string> {
  const rule = await accessRuleOf(ports, environment);
  const base = previewUrl({ label: host, base: ports.previewBase });
  if (rule === null) return new URL(pathWithin(to), base).href;
  if (rule.mode !== 'github' || !(await mayOpen(ports, caller.userId, rule))) throw notOpen(caller);
  const { environmentId } = rule;
  const code = writeCode(ports, {
    label: host,
    environmentId,
    userId: caller.userId,
    state,
    to: pathWithin(to),
  });
  const url = new URL(GATE_PATHS.enter, base);
  url.searchParams.set('code', code);
  return url.href;
}

function notOpen({ name }: Extract<Caller, { kind: 'user' }>): VitrineError {
  return new VitrineError(
    'not_found',
    `There is no such preview, or ${name} may not see it. Ask for read access to its repository, or sign out and use another account.`,
  );
}
