import { isGitHubFailure } from '../../../src/repositories/github.js';
import { askAsApp } from '../client/as-app.js';
import type { Caller } from '../client/call.js';
import type { RawRequest } from '../client/octokit.js';
import { Installation } from './repository.js';

/** Whether the App is installed there, and not suspended. */
export async function isAwake(
  app: { readonly request: RawRequest; readonly appJwt: () => Promise<string>; readonly caller: Caller },
  installationId: number,
): Promise<boolean> {
  try {
    const found = await askAsApp(app, {
      route: 'GET /app/installations/{installation_id}',
      parameters: { installation_id: installationId },
      schema: Installation,
    });
    return !found.suspended_at;
  } catch (error) {
    if (isGitHubFailure(error) && error.kind === 'gone') return false;
    throw error;
  }
}
