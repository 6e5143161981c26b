import type { Emulate, InstalledApp } from './emulate.js';
import type { Recorder } from './gateway/recorder.js';
import type { Violation } from './openapi/validate.js';
import type { Issuer } from './identity/issuer.js';
import type { ResolvedOptions } from './options.js';
import type { GitHubState } from './state.js';
import type { Webhooks } from './webhooks/webhooks.js';

/** Everything the routes and the story share. */
export interface World {
  /** Base of API, pages and OIDC issuer alike. */
  readonly url: string;
  readonly options: ResolvedOptions;
  readonly state: GitHubState;
  readonly emulate: Emulate;
  readonly apps: { readonly ours: InstalledApp; readonly actions: InstalledApp };
  readonly issuer: Issuer;
  readonly webhooks: Webhooks;
  readonly recorder: Recorder;
  readonly violations: Violation[];
}
