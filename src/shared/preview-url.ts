import { codeOf, slug, withHash } from './slug.js';

/** One DNS label (RFC 1035). */
export const MAX_LABEL = 63;

/** So that the label of a commit, `1a2b3c4-` and this, still fits and is read back to its environment. */
export const MAX_ENVIRONMENT_LABEL = MAX_LABEL - 8;

const PULL_REQUEST = /^pr-[1-9]\d*$/;

/** As a pull request, a single commit or a service of another preview begins. */
const LOOKS_RESERVED = /^(?:pr-\d+|[0-9a-f]{7}|\dx[a-z0-9]{5})-|-pr-\d+-/;

/** Where previews are served: `http`, `localhost`, 3000. */
export interface PreviewBase {
  readonly protocol: 'http' | 'https';
  readonly domain: string;
  readonly port?: number | undefined;
}

/** `pr-42`, or the slug of a branch. A branch that calls itself `pr-42` is not that pull request. */
export function environmentNameFor(of: { pullRequest: number } | { branch: string }): string {
  if ('pullRequest' in of) return `pr-${String(of.pullRequest)}`;
  if (!PULL_REQUEST.test(of.branch)) return slug(of.branch);
  return withHash({ stem: of.branch, of: of.branch, max: 40 });
}

/**
 * `pr-42-hello`: known before anything is deployed. Both are slugs already: one that carries a hash of what it was made of needs no
 * second one.
 */
export function hostLabel({ environment, project }: { environment: string; project: string }): string {
  const label = `${environment}-${project}`;
  // The names of pull requests and of single commits belong to them: no branch may take one.
  const reserved = !PULL_REQUEST.test(environment) && LOOKS_RESERVED.test(label);
  if (label.length <= MAX_ENVIRONMENT_LABEL && !reserved && !isAmbiguous(environment)) return label;
  return withHash({ stem: label, of: `${environment}\n${project}`, max: MAX_ENVIRONMENT_LABEL });
}

/** `main-foo` of `bar` and `main` of `foo-bar` give the same label, so the end of the environment's name must be marked. */
function isAmbiguous(environment: string): boolean {
  return environment.includes('-') && !PULL_REQUEST.test(environment);
}

/** `1a2b3c4-pr-42-hello`: keeps showing this commit. */
export function commitLabel({ sha, label }: { sha: string; label: string }): string {
  const whole = `${sha.slice(0, 7)}-${label}`;
  if (whole.length <= MAX_LABEL) return whole;
  return withHash({ stem: whole, of: whole, max: MAX_LABEL });
}

/** The label of a pull request's preview. */
const OF_PULL_REQUEST = /^pr-[1-9]\d*-/;

/**
 * `api-pr-42-hello`: one more service of a preview. A name that would not fit, or look like the host of a commit or of another preview,
 * is replaced by a code.
 */
export function serviceLabel({ service, label }: { service: string; label: string }): string {
  const name = slug(service);
  const whole = `${name}-${label}`;
  const isPlain = OF_PULL_REQUEST.test(label) && !LOOKS_RESERVED.test(`${name}-`);
  return isPlain && whole.length <= MAX_LABEL ? whole : `${codeOf(service)}-${label}`;
}

const OF_SERVICE = [/^\dx[a-z0-9]{5}-(.+)$/, /^.+?-(pr-[1-9]\d*-.+)$/];

/** The label of the preview whose service may have this one; null for what is no label of a service. */
export function ownerOfService(label: string): string | null {
  for (const pattern of OF_SERVICE) {
    const owner = pattern.exec(label)?.[1];
    if (owner !== undefined) return owner;
  }
  return null;
}

/** Holds the URL of one more service of the preview. */
export function addressVariable(service: string): string {
  return `PREVIEW_URL_${service.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

export function previewUrl({ label, base }: { label: string; base: PreviewBase }): string {
  const standard = base.protocol === 'https' ? 443 : 80;
  const port = base.port === undefined || base.port === standard ? '' : `:${String(base.port)}`;
  return `${base.protocol}://${label}.${base.domain}${port}`;
}

/** The pull request that an environment's name is made from (`pr-42`), or null for others. */
export function pullRequestOf(environment: string): number | null {
  const number = /^pr-([1-9]\d{0,9})$/.exec(environment)?.[1];
  return number === undefined ? null : Number(number);
}

export interface AddressPorts {
  readonly previewBase: PreviewBase;
  readonly publicUrl: string;
}
