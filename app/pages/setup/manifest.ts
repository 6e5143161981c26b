import { parse } from 'yaml';
import { z } from 'zod';
import { isLoopback } from '../../config/config.js';
import { WEBHOOK_PATH } from '../../http/server.js';

const AppFile = z.looseObject({ name: z.string(), default_permissions: z.record(z.string(), z.string()) });

/** Nothing answers there. GitHub demands an address even for webhooks that are switched off. */
const NOWHERE = 'https://example.com/vitrine-has-no-public-url';

/**
 * What GitHub is asked to make: `app.yml`, with the addresses of this server.
 * https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
 */
export function createManifest({ appYml, publicUrl }: { appYml: string; publicUrl: string }): string {
  const file = AppFile.parse(parse(appYml));
  const reachable = isReachable(publicUrl);
  return JSON.stringify({
    ...file,
    url: reachable ? publicUrl : (file['url'] ?? NOWHERE),
    hook_attributes: { url: reachable ? `${publicUrl}${WEBHOOK_PATH}` : NOWHERE, active: reachable },
    redirect_url: `${publicUrl}${SETUP_DONE_PATH}`,
  });
}

export const SETUP_PATH = '/setup';
export const SETUP_DONE_PATH = '/setup/done';

/** GitHub delivers to the public internet only. */
export function isReachable(publicUrl: string): boolean {
  return !isLoopback(new URL(publicUrl).hostname);
}
