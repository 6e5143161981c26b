import { parse } from 'yaml';
import { z } from 'zod';
import { START } from '../../../src/contract/dashboard/start.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { isLoopback } from '../../config/config.js';
import { callbackUrl } from '../../config/sign-in.js';
import { WEBHOOK_PATH } from '../../http/server.js';

const AppFile = z.looseObject({ name: z.string(), default_permissions: z.record(z.string(), z.string()) });

/** A URL that nothing answers. GitHub requires one even when webhooks are switched off. */
const NOWHERE = 'https://example.com/vitrine-has-no-public-url';

interface ManifestOptions {
  readonly appYml: string;
  readonly publicUrl: string;
  /** The operator wants people to be able to run a workflow again from here. */
  readonly rerun?: boolean;
}

type Permissions = Readonly<Record<string, string>>;

/** GitHub lets an App run a workflow again only with "Actions: write". */
export function permissionsOf(
  { default_permissions: usual }: { readonly default_permissions: Permissions },
  rerun: boolean,
): Permissions {
  return rerun ? { ...usual, actions: 'write' } : usual;
}

/**
 * The manifest of the GitHub App: `app.yml` with the addresses of this server.
 * https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
 */
export function createManifest({ appYml, publicUrl, rerun = false }: ManifestOptions): string {
  const file = AppFile.parse(parse(appYml));
  const reachable = isReachable(publicUrl);
  return JSON.stringify({
    ...file,
    default_permissions: permissionsOf(file, rerun),
    url: reachable ? publicUrl : (file['url'] ?? NOWHERE),
    hook_attributes: { url: reachable ? `${publicUrl}${WEBHOOK_PATH}` : NOWHERE, active: reachable },
    redirect_url: `${publicUrl}${SETUP_DONE_PATH}`,
    callback_urls: [callbackUrl(publicUrl, 'github')],
    // Where GitHub leads who has installed the App.
    setup_url: `${publicUrl}${START}`,
  });
}

export const SETUP_PATH = '/setup';

export const SETUP_DONE_PATH = '/setup/done';

/** GitHub delivers to the public internet only. */
export function isReachable(publicUrl: string): boolean {
  return !isLoopback(new URL(publicUrl).hostname);
}

/** The credentials that GitHub gives once, for the code of a manifest. */
const Conversion = z.object({
  id: z.int().positive(),
  pem: z.string(),
  webhook_secret: z.string(),
  client_id: z.string(),
  client_secret: z.string(),
  html_url: z.url({ protocol: /^https?$/ }),
});

export type Conversion = z.infer<typeof Conversion>;

const TIMEOUT_MS = 10_000;

export async function exchangeCode({ apiUrl, code }: { apiUrl: string; code: string }): Promise<Conversion> {
  const response = await fetch(`${apiUrl}/app-manifests/${encodeURIComponent(code)}/conversions`, {
    method: 'POST',
    headers: { accept: 'application/vnd.github+json', 'user-agent': 'vitrine' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).catch((cause: unknown) => {
    throw new VitrineError('bad_gateway', 'GitHub could not be reached. Reload this page to try again.', {
      cause,
    });
  });
  if (!response.ok) {
    throw new VitrineError(
      'bad_gateway',
      `GitHub refused the code (${response.status}): it works once, for an hour. Begin again to get another one.`,
    );
  }
  return Conversion.parse(await response.json());
}
