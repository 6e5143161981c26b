import { z } from 'zod';

/** The ways of signing in that the operator has configured. Their secrets are among `Secrets`. */
export interface SignInConfig {
  readonly github: { readonly clientId: string } | null;
  readonly google: { readonly clientId: string; readonly issuer: string } | null;
  readonly openId: {
    readonly clientId: string;
    readonly issuer: string;
    /** What the button says. */
    readonly name: string;
    readonly scope: string;
  } | null;
}

export interface SignInSecrets {
  readonly github: string | undefined;
  readonly google: string | undefined;
  readonly openId: string | undefined;
}

const GOOGLE = 'https://accounts.google.com';

const text = z.string().max(500);

/** The variables that may be shown. */
export const SIGN_IN_VARIABLES = {
  GITHUB_CLIENT_ID: text.optional(),
  SIGN_IN_GOOGLE_CLIENT_ID: text.optional(),
  SIGN_IN_OPENID_ISSUER: z
    .url({
      protocol: /^https?$/,
      error: 'must be the https address that the provider gives as its issuer',
    })
    .refine(
      (issuer) => /^https:|^http:\/\/(localhost|127\.0\.0\.1|\[::1\])([:/]|$)/.test(issuer),
      'must be https: a stranger on the way could sign in as anybody',
    )
    .optional(),
  SIGN_IN_OPENID_CLIENT_ID: text.optional(),
  SIGN_IN_OPENID_NAME: z.string().max(60, 'must have at most 60 characters').default('OpenID'),
  SIGN_IN_OPENID_SCOPE: z
    .string()
    .regex(/(^| )openid( |$)/, 'must name "openid", as in "openid email profile"')
    .default('openid email profile'),
  ADMINS: z
    .string()
    .default('')
    .transform((names) =>
      names
        .toLowerCase()
        .split(/[\s,]+/)
        .filter((name) => name !== ''),
    ),
} as const;

type Variables = z.infer<z.ZodObject<typeof SIGN_IN_VARIABLES>>;

export function toSignInConfig(variables: Variables): SignInConfig {
  const { GITHUB_CLIENT_ID, SIGN_IN_GOOGLE_CLIENT_ID, SIGN_IN_OPENID_CLIENT_ID } = variables;
  const { SIGN_IN_OPENID_ISSUER: issuer, SIGN_IN_OPENID_NAME: name, SIGN_IN_OPENID_SCOPE: scope } = variables;
  return {
    github: GITHUB_CLIENT_ID === undefined ? null : { clientId: GITHUB_CLIENT_ID },
    google:
      SIGN_IN_GOOGLE_CLIENT_ID === undefined ? null : { clientId: SIGN_IN_GOOGLE_CLIENT_ID, issuer: GOOGLE },
    openId:
      SIGN_IN_OPENID_CLIENT_ID === undefined || issuer === undefined
        ? null
        : { clientId: SIGN_IN_OPENID_CLIENT_ID, issuer, name, scope },
  };
}

export const SIGN_IN_SECRET_VARIABLES = {
  GITHUB_CLIENT_SECRET: text.optional(),
  SIGN_IN_GOOGLE_CLIENT_SECRET: text.optional(),
  SIGN_IN_OPENID_CLIENT_SECRET: text.optional(),
} as const;

export function toSignInSecrets(
  variables: z.infer<z.ZodObject<typeof SIGN_IN_SECRET_VARIABLES>>,
): SignInSecrets {
  return {
    github: variables.GITHUB_CLIENT_SECRET,
    google: variables.SIGN_IN_GOOGLE_CLIENT_SECRET,
    openId: variables.SIGN_IN_OPENID_CLIENT_SECRET,
  };
}

/** Variables that say something only together. */
const TOGETHER = [
  ['GITHUB_CLIENT_ID', 'GITHUB_CLIENT_SECRET'],
  ['SIGN_IN_GOOGLE_CLIENT_ID', 'SIGN_IN_GOOGLE_CLIENT_SECRET'],
  ['SIGN_IN_OPENID_ISSUER', 'SIGN_IN_OPENID_CLIENT_ID', 'SIGN_IN_OPENID_CLIENT_SECRET'],
] as const;

/** The variables that a way of signing in lacks although others of it are set. */
export function missingForSignIn(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return TOGETHER.flatMap((names) => {
    const missing = names.filter((name) => env[name] === undefined);
    return missing.length < names.length ? missing : [];
  });
}

/** The address of GitHub's website, derived from the address of its API. On an Enterprise Server both have the same host. */
export function githubWebsite(apiUrl: string): string {
  const { hostname, origin } = new URL(apiUrl);
  if (hostname === 'api.github.com') return 'https://github.com';
  // Data residency: https://docs.github.com/en/enterprise-cloud@latest/admin/data-residency
  if (hostname.startsWith('api.') && hostname.endsWith('.ghe.com'))
    return `https://${hostname.slice('api.'.length)}`;
  return origin;
}

/** Where a provider sends browsers back to. It must be registered there, letter by letter. */
export function callbackUrl(publicUrl: string, provider: string): string {
  return `${publicUrl}/sign-in/${provider}/callback`;
}
