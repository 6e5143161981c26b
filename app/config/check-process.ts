import { VitrineError } from '../../src/shared/errors.js';
import { isLoopback, withoutEmpty, type Config, type Env } from './config.js';

interface Surroundings {
  readonly config: Config;
  readonly env: Env;
  /** Undefined where the system has no user ids. */
  readonly uid: number | undefined;
}

interface Rule {
  readonly broken: (surroundings: Surroundings & { readonly open: boolean }) => boolean;
  readonly says: string;
}

const REFUSALS: readonly Rule[] = [
  {
    broken: ({ open, config }) => open && !config.production,
    says: 'HOST lets other machines in, so NODE_ENV must be production: set NODE_ENV=production, or HOST=127.0.0.1.',
  },
  {
    broken: ({ open, uid }) => open && uid === 0,
    says: 'HOST lets other machines in, so it must not run as root: start it as another user, or set HOST=127.0.0.1.',
  },
  {
    broken: ({ open, config }) => open && config.publicUrl === undefined,
    says: 'HOST lets other machines in, so PUBLIC_URL must say under which address they find it.',
  },
  {
    broken: ({ env, config }) => config.production && withoutEmpty(env)['WEBHOOK_PROXY_URL'] !== undefined,
    says: 'WEBHOOK_PROXY_URL sends every webhook through a third party: remove it in production.',
  },
  {
    broken: ({ config }) =>
      appHost(config).endsWith(`.${config.previewDomain}`) && config.previewDomain !== 'localhost',
    says: 'PUBLIC_URL lies inside PREVIEW_DOMAIN, so a preview could act as the App: give previews a domain of their own.',
  },
];

const WARNINGS: readonly Rule[] = [
  { broken: ({ open, uid }) => !open && uid === 0, says: 'running as root: give it a user of its own' },
  {
    broken: ({ config }) => appHost(config) === config.previewDomain && config.previewDomain !== 'localhost',
    says: 'PUBLIC_URL and PREVIEW_DOMAIN are one domain: previews can set cookies for the App',
  },
  {
    broken: ({ config }) =>
      config.previewDomain.endsWith(`.${appHost(config)}`) && !isLoopback(appHost(config)),
    says: 'PREVIEW_DOMAIN lies inside the host of PUBLIC_URL: previews can set cookies for the App, so give them a domain of their own',
  },
  {
    broken: ({ config }) => /^http:/.test(config.publicUrl ?? '') && !isLoopback(appHost(config)),
    says: 'PUBLIC_URL is not https: tokens and builds can be read on the way',
  },
];

/** Throws on an unsafe configuration; returns warnings for a risky one. */
export function checkProcess(surroundings: Surroundings): readonly string[] {
  const seen = { ...surroundings, open: !isLoopback(surroundings.config.host) };
  const refusal = REFUSALS.find(({ broken }) => broken(seen));
  if (refusal) throw new VitrineError('bad_request', refusal.says);
  return WARNINGS.filter(({ broken }) => broken(seen)).map(({ says }) => says);
}

function appHost(config: Config): string {
  return new URL(config.publicUrl ?? 'http://localhost').hostname;
}
