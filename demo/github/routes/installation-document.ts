import { githubTime } from '../clock.js';
import { toJson, type Json } from '../documents.js';
import { examplePart } from '../webhooks/examples.js';
import type { World } from '../world.js';

/** `id` belongs to the account even while the App is not installed on it. */
export function installationDocument(world: World, { account, id }: { account: string; id: number }): Json {
  const place = { fullName: `${account}/any`, url: world.url };
  const example = examplePart({ event: 'installation', action: 'created', part: 'installation' }, place);
  const owner = [...world.state.repositories.values()].find((one) => one.document.owner.login === account);
  return {
    ...example,
    id,
    account: owner?.document.owner ?? toJson(example.account),
    ...addressesOf(world, id),
    app_id: world.apps.ours.id,
    app_slug: world.apps.ours.slug,
    target_id: owner?.document.owner.id ?? 0,
    target_type: owner?.document.owner.type ?? 'Organization',
    permissions: world.apps.ours.permissions,
    events: world.options.app.events,
    created_at: githubTime(world.options.clock),
    updated_at: githubTime(world.options.clock),
  };
}

function addressesOf({ url }: World, id: number): Json {
  return {
    access_tokens_url: `${url}/app/installations/${id}/access_tokens`,
    repositories_url: `${url}/installation/repositories`,
    html_url: `${url}/settings/installations/${id}`,
  };
}
