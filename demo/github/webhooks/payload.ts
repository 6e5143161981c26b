import { toJson, type Account, type Json } from '../documents.js';
import type { RepositoryState } from '../state.js';
import type { World } from '../world.js';
import { examplePart } from './examples.js';

interface Happening {
  readonly event: string;
  readonly action: string;
  readonly repository: RepositoryState;
  readonly sender: Account;
  /** What is particular to the event: the pull request, the run, the label. */
  readonly fields: Json;
}

/** The frame every payload has: repository, organisation, installation, sender. */
export function payloadOf(world: World, { event, action, repository, sender, fields }: Happening): Json {
  const { document } = repository;
  const place = { fullName: document.full_name, url: world.url };
  const example = examplePart({ event, action, part: 'repository' }, place);
  const isOrganisation = document.owner.type === 'Organization';
  const installationId = world.state.installations.get(document.owner.login);
  return {
    action,
    ...fields,
    repository: { ...example, ...document },
    ...(isOrganisation ? { organization: organisationOf(world, document.owner) } : {}),
    ...(installationId === undefined ? {} : { installation: installationOf(installationId) }),
    sender,
  };
}

export function installationOf(id: number): Json {
  return { id, node_id: Buffer.from(`Installation:${id}`).toString('base64') };
}

function organisationOf(world: World, owner: Account): Json {
  const api = `${world.url}/orgs/${owner.login}`;
  return {
    ...toJson({ login: owner.login, id: owner.id, node_id: owner.node_id }),
    url: api,
    repos_url: `${api}/repos`,
    events_url: `${api}/events`,
    hooks_url: `${api}/hooks`,
    issues_url: `${api}/issues`,
    members_url: `${api}/members{/member}`,
    public_members_url: `${api}/public_members{/member}`,
    avatar_url: owner.avatar_url,
    description: null,
  };
}
