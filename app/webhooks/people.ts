import { z } from 'zod';
import type { DeliveryDecision } from '../../src/deliveries/store.js';
import { declareEvent, type HandlerPorts } from './declare-event.js';
import { Action, Id, onlyAbout, UNINSTALLED } from './payload.js';

const IN_ORGANIZATION = {
  action: Action,
  installation: z.object({ id: Id }).nullish(),
  organization: z.object({ id: Id }),
};

/** A collaborator of a repository was added, changed or removed. */
export const member = declareEvent({
  name: 'member',
  shape: onlyAbout('member', {
    action: Action,
    member: z.object({ id: Id }),
    repository: z.object({ id: Id }),
    installation: IN_ORGANIZATION.installation,
  }),
  keep: { member: { id: true } },
  handle: (ports, { repository: { id }, installation }) => forgetPermissions(ports, installation && { id }),
});

/** A team was changed, or got or lost a repository. A team may reach many repositories, so the event counts for all of them. */
export const team = declareEvent({
  name: 'team',
  shape: onlyAbout('team', { ...IN_ORGANIZATION, team: z.object({ id: Id }) }),
  keep: { team: { id: true }, organization: { id: true } },
  handle: (ports, { installation }) => forgetPermissions(ports, ofInstallation(installation)),
});

/** A person joined or left a team. */
export const membership = declareEvent({
  name: 'membership',
  shape: onlyAbout(['member', 'team'], {
    ...IN_ORGANIZATION,
    scope: z.string(),
    member: z.object({ id: Id }).nullable(),
    team: z.looseObject({}),
  }),
  keep: { scope: true, member: { id: true }, team: { id: true }, organization: { id: true } },
  handle: (ports, { installation }) => forgetPermissions(ports, ofInstallation(installation)),
});

/** A person joined or left the organization. */
export const organization = declareEvent({
  name: 'organization',
  shape: onlyAbout(['membership', 'invitation'], IN_ORGANIZATION).refine(
    (payload) => !Object.hasOwn(payload, 'repository'),
    { error: 'belongs to another event' },
  ),
  keep: { organization: { id: true }, membership: { role: true } },
  handle: (ports, { installation }) => forgetPermissions(ports, ofInstallation(installation)),
});

type Installation = z.infer<typeof IN_ORGANIZATION.installation>;

function ofInstallation(installation: Installation): { readonly installationId: number } | null {
  return installation ? { installationId: installation.id } : null;
}

/** What GitHub said of people counts for five minutes. This event may have changed it, so GitHub is asked again. */
async function forgetPermissions(
  ports: HandlerPorts,
  where: Parameters<HandlerPorts['repos']['forgetPermissions']>[0] | null | undefined,
): Promise<DeliveryDecision> {
  if (!where) return UNINSTALLED;
  await ports.repos.forgetPermissions(where);
  const detail = 'What people may do is asked of GitHub again.';
  return { action: 'update', rule: 'permissions-changed', detail, environmentIds: [] };
}
