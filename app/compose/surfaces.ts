import type { Identify } from '../api/access.js';
import { createApi } from '../api/api.js';
import { createRoutes } from '../api/create-routes.js';
import type { Secrets } from '../config/secrets.js';
import { createBodyBudget } from '../http/body-budget.js';
import { createHosts } from '../http/hosts.js';
import { createRateLimit, type Rate } from '../http/rate-limit.js';
import type { Surfaces } from '../http/server.js';
import type { Ports } from '../ports.js';
import type { Load } from '../webhooks/inbox/backpressure.js';
import { createCommitter } from '../webhooks/inbox/committer.js';
import { createWebhookEndpoint } from '../webhooks/inbox/receive.js';
import { createSignatureCheck } from '../webhooks/inbox/verify-signature.js';
import type { Previews } from './compose-previews.js';

export interface Rates {
  /** Identity tokens from one address. */
  readonly exchange: Rate;
  /** Deployments that one repository asks for, whatever becomes of them; its settings say how many it may have. */
  readonly starts: Rate;
}

export const RATES: Rates = {
  exchange: { times: 60, perMs: 60_000 },
  starts: { times: 600, perMs: 60 * 60_000 },
};

export interface SurfaceParts {
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly previews: Previews;
  readonly identify: Identify;
  readonly ping: () => Promise<void>;
  readonly version: string;
  readonly rates: Rates;
  readonly load: Load;
  /** Deliveries were stored: there is work. */
  readonly onStored: () => void;
}

/** Everything that answers requests. */
export function composeSurfaces(parts: SurfaceParts) {
  const { ports, secrets, previews, identify, ping, version, rates, load, onStored } = parts;
  const { clock, log } = ports;
  const budget = createBodyBudget();
  const committer = createCommitter({
    store: ports.inbox.store,
    onStored(count) {
      load.add(count);
      onStored();
    },
  });
  const surfaces: Surfaces = {
    siteOf: createHosts(ports),
    webhooks: createWebhookEndpoint({
      isSigned: createSignatureCheck(secrets.webhookSecrets),
      committer,
      budget,
      clock,
      log,
    }),
    api: createApi({
      ports,
      routes: createRoutes({ ping, version }),
      identify,
      budget,
      limits: {
        exchange: createRateLimit(rates.exchange, clock),
        starts: createRateLimit(rates.starts, clock),
      },
    }),
    previews: previews.serve,
    log,
  };
  return { surfaces, committer };
}
