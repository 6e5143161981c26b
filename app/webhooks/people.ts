import { z } from 'zod';
import type { DeliveryDecision } from '../../src/deliveries/store.js';
import { declareEvent, type HandlerPorts } from './declare-event.js';
import { Action, Id, ignored, onlyAbout, UNINSTALLED } from './payload.js';

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
  async handle(ports, { repository: { id }, installation, member: { id: githubId } }) {
    // A person who got their first repository has a list that names no installation.
    if (installation) await ports.connections.forgetReach({ githubId });
    return forgetPermissions(ports, { installation, where: { id } });
  },
});

/** A team was changed, or got or lost a repository. A team may reach many repositories, so the event counts for all of them. */
export const team = declareEvent({
  name: 'team',
  shape: onlyAbout('team', { ...IN_ORGANIZATION, team: z.object({ id: Id }) }),
  keep: { team: { id: true }, organization: { id: true } },
  handle: (ports, { installation }) => forgetPermissions(ports, { installation }),
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
  async handle(ports, { installation, member: person }) {
    if (installation && person) await ports.connections.forgetReach({ githubId: person.id });
    return forgetPermissions(ports, { installation });
  },
});

/** A person joined or left the organization. */
export const organization = declareEvent({
  name: 'organization',
  shape: onlyAbout(['membership', 'invitation'], IN_ORGANIZATION).refine(
    (payload) => !Object.hasOwn(payload, 'repository'),
    { error: 'belongs to another event' },
  ),
  keep: { organization: { id: true }, membership: { role: true } },
  handle: (ports, { installation }) => forgetPermissions(ports, { installation }),
});

/**
 * A person took back on GitHub what they had allowed the App there. GitHub sends this to every App, and says nothing in it but who it was:
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads#github_app_authorization
 */
export const githubAppAuthorization = declareEvent({
  name: 'github_app_authorization',
  shape: onlyAbout(null, { action: z.literal('revoked'), sender: z.object({ id: Id }) }),
  keep: {},
  async handle(ports, { sender }) {
    // With the tokens goes the list of what GitHub showed to the person.
    const removed = await ports.connections.removeOfAccount(sender.id);
    if (removed === 0) return ignored('not-connected', 'The server had no tokens of this person.');
    const detail =
      'The tokens of the person for GitHub were deleted: they took their authorization of the App back.';
    return { action: 'update', rule: 'authorization-revoked', detail, environmentIds: [] };
  },
});

type Installation = z.infer<typeof IN_ORGANIZATION.installation>;

interface Changed {
  readonly installation: Installation;
  /** One repository; all of the installation when absent. */
  readonly where?: { readonly id: number };
}

/** What GitHub said of people counts for five minutes. This event may have changed it, so GitHub is asked again. */
async function forgetPermissions(
  ports: HandlerPorts,
  { installation, where }: Changed,
): Promise<DeliveryDecision> {
  if (!installation) return UNINSTALLED;
  const { id: installationId } = installation;
  await ports.repos.forgetPermissions(where ?? { installationId });
  await ports.connections.forgetReach({ installationId });
  const detail = 'What people may do is asked of GitHub again.';
  return { action: 'update', rule: 'permissions-changed', detail, environmentIds: [] };
}
