import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../../../src/shared/errors.js';
import { projectRoot, projectVersion } from '../../config/project-root.js';
import type { Secrets } from '../../config/secrets.js';
import { createAppJwt, createRawRequest } from '../../github/client/octokit.js';
import { toFailure } from '../../github/client/to-failure.js';
import { WEBHOOK_PATH } from '../../http/server.js';
import { isReachable } from '../../pages/setup/manifest.js';
import { type Check, failed, type Finding, good, skipped, warning } from './check.js';
import type { Surroundings } from './surroundings.js';

const Registered = z.object({
  slug: z.string(),
  html_url: z.string().optional(),
  permissions: z.record(z.string(), z.string()),
  events: z.array(z.string()),
});

const Wanted = z.object({
  default_permissions: z.record(z.string(), z.string()),
  default_events: z.array(z.string()),
});

const Hook = z.object({
  url: z.string().optional(),
  content_type: z.string().optional(),
  insecure_ssl: z.unknown(),
});

const PATIENCE_MS = 8_000;

/** Asks GitHub as the App. */
async function asApp<Value>(
  { config, now }: Surroundings,
  { secrets, route, schema }: { secrets: Secrets; route: string; schema: z.ZodType<Value> },
): Promise<Value> {
  const clock = { now };
  const userAgent = `vitrine/${projectVersion()}`;
  const request = createRawRequest({ apiUrl: config.githubApiUrl, userAgent, log: () => undefined });
  const jwt = await createAppJwt({ ...secrets, clock })();
  const answered = request(route, {
    headers: { authorization: `bearer ${jwt}` },
    request: { signal: AbortSignal.timeout(PATIENCE_MS) },
  });
  const { data } = await answered.catch((error: unknown) => {
    throw toFailure(error, { what: route, now: now() });
  });
  return schema.parse(data);
}

/** A check that needs the credentials of the App. */
function ofApp(
  about: Pick<Check, 'id' | 'title'>,
  look: (surroundings: Surroundings, secrets: Secrets) => Promise<Finding>,
): Check {
  return {
    ...about,
    async run(surroundings) {
      if (!surroundings.secrets) return skipped('It needs APP_ID, PRIVATE_KEY and WEBHOOK_SECRET.');
      return look(surroundings, surroundings.secrets);
    },
  };
}

export const githubApp = ofApp({ id: 'github-app', title: 'GitHub App' }, async (surroundings, secrets) => {
  const { config } = surroundings;
  const asked = asApp(surroundings, { secrets, route: 'GET /app', schema: Registered });
  const app = await asked.catch((error: unknown) => error);
  if (!isRegistered(app)) return notAnswered(app, config.githubApiUrl);
  const text = await readFile(join(projectRoot(), 'app.yml'), 'utf8');
  const missing = missingFrom(app, Wanted.parse(parse(text)));
  if (missing.length === 0)
    return good(`GitHub knows it as "${app.slug}", with the permissions and events that it needs.`);
  return warning(
    `GitHub knows it as "${app.slug}". It lacks ${missing.join(', ')}.`,
    'Select them in the settings of the App on GitHub, under "Permissions & events", and accept the new permissions in each installation: docs/permissions.md says what each is for.',
  );
});

function isRegistered(value: unknown): value is z.infer<typeof Registered> {
  return typeof value === 'object' && value !== null && 'slug' in value;
}

function notAnswered(error: unknown, apiUrl: string): Finding {
  const { kind, cause } = toFailure(error, { what: 'GET /app', now: new Date(0) });
  const reason = cause instanceof z.ZodError ? 'its answer is not one of GitHub' : messageOf(cause ?? error);
  if (kind === 'unauthorized' || kind === 'gone')
    return failed(
      `GitHub refuses these credentials: ${reason}`,
      'APP_ID and PRIVATE_KEY must be of one App, and the clock must be right. The settings of the App on GitHub show its id and make new keys.',
    );
  return failed(
    `${apiUrl} does not answer as GitHub does: ${reason}`,
    'Let this machine reach GitHub, and check GITHUB_API_URL: for GitHub Enterprise Server it is https://<host>/api/v3.',
  );
}

const LEVELS = ['read', 'write', 'admin'];

/** What the App should have and has not, in the words of GitHub. */
export function missingFrom(app: z.infer<typeof Registered>, wanted: z.infer<typeof Wanted>): string[] {
  const levelOf = (level: string | undefined) => LEVELS.indexOf(level ?? '');
  const permissions = Object.entries(wanted.default_permissions).filter(
    ([name, level]) => levelOf(app.permissions[name]) < levelOf(level),
  );
  const events = wanted.default_events.filter((event) => !app.events.includes(event));
  return [
    ...permissions.map(([name, level]) => `the permission "${name}: ${level}"`),
    ...events.map((event) => `the event "${event}"`),
  ];
}

export const githubWebhook = ofApp(
  { id: 'github-webhook', title: 'Webhook of the App' },
  async (surroundings, secrets) => {
    const { config, publicUrl } = surroundings;
    if (config.publicUrl === undefined || !isReachable(config.publicUrl))
      return skipped('PUBLIC_URL is an address of this machine, which GitHub does not reach.');
    const asked = asApp(surroundings, { secrets, route: 'GET /app/hook/config', schema: Hook });
    const hook = await asked.catch(() => null);
    if (hook === null) return skipped('GitHub does not say where it sends webhooks.');
    const wanted = `${publicUrl.origin}${WEBHOOK_PATH}`;
    const todo = `Set it in the settings of the App on GitHub: the webhook is active, its URL is ${wanted}, and its content type is application/json.`;
    if (hook.url !== wanted) return failed(`GitHub sends webhooks to ${hook.url ?? 'nowhere'}.`, todo);
    if (hook.content_type !== 'json') return failed('GitHub sends webhooks as a form.', todo);
    if (String(hook.insecure_ssl) === '1')
      return warning(
        'GitHub does not check the certificate of this server.',
        'Turn "SSL verification" on in the settings of the App on GitHub.',
      );
    return good(`GitHub sends webhooks to ${wanted}.`);
  },
);
