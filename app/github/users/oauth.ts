import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Challenge, Proven, ProvenPerson, Provider, UserTokens } from '../../../src/people/sign-in.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Clock } from '../../../src/shared/tools.js';
import type { AskAsUser } from './ask-as-user.js';

export interface OAuthOptions {
  /** `https://github.com`, or that of a GitHub Enterprise Server. */
  readonly website: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Must be among the callback URLs of the App, letter by letter. */
  readonly callbackUrl: string;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/**
 * Signing in with GitHub, by the user flow of the GitHub App. GitHub knows PKCE since July 2025 and asks for the client secret besides:
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
 */
export function createGitHubProvider(options: OAuthOptions, ask: AskAsUser): Provider {
  return {
    name: 'github',
    label: 'GitHub',
    async begin({ state, codeVerifier }) {
      const url = new URL(`${options.website}/login/oauth/authorize`);
      url.search = new URLSearchParams({
        client_id: options.clientId,
        redirect_uri: options.callbackUrl,
        state,
        code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
        code_challenge_method: 'S256',
      }).toString();
      return Promise.resolve(url);
    },
    async finish(back, challenge): Promise<Proven> {
      const tokens = await exchange(options, { back, challenge });
      return { person: await whoIs(ask, tokens.access), tokens };
    },
  };
}

async function exchange(
  options: OAuthOptions,
  { back, challenge }: { back: URLSearchParams; challenge: Challenge },
): Promise<UserTokens> {
  const code = back.get('code');
  if (code === null || code === '') throw refused(back.get('error') ?? 'no code');
  const answer = await askForTokens(options, {
    code,
    redirect_uri: options.callbackUrl,
    code_verifier: challenge.codeVerifier,
  });
  if ('error' in answer) throw refused(answer.error);
  if (answer.scope !== '')
    throw new VitrineError(
      'bad_gateway',
      'GITHUB_CLIENT_ID belongs to an OAuth App. Tell the operator of this server: it must be the client ID of the GitHub App.',
    );
  return toTokens(answer, options.clock.now());
}

const REASONS: Readonly<Record<string, string>> = {
  access_denied: 'You did not allow it on GitHub.',
  bad_verification_code: 'The code of GitHub was used before, or its ten minutes are over.',
  incorrect_client_credentials:
    'GitHub does not accept GITHUB_CLIENT_SECRET: tell the operator of this server.',
  redirect_uri_mismatch:
    "The callback URL of this server is not among those of the GitHub App: tell this server's operator (docs/sign-in.md).",
};

function refused(error: string): VitrineError {
  const reason = REASONS[error] ?? 'GitHub did not confirm who you are.';
  return new VitrineError('bad_request', `${reason} Sign in again.`);
}

/** Replaces tokens; null when GitHub does not take the refresh token any more. */
export async function refreshTokens(options: OAuthOptions, refreshToken: string): Promise<UserTokens | null> {
  const answer = await askForTokens(options, { grant_type: 'refresh_token', refresh_token: refreshToken });
  if (!('error' in answer)) return toTokens(answer, options.clock.now());
  if (answer.error === 'bad_refresh_token') return null;
  throw new VitrineError(
    'bad_gateway',
    `GitHub did not replace the token of a person (${answer.error.slice(0, 60)}): check GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET.`,
  );
}

const Seconds = z.coerce.number().int().positive();

const TokenAnswer = z.union([
  z.object({ error: z.string() }),
  z.object({
    access_token: z.string().min(1),
    token_type: z.string().regex(/^bearer$/i),
    scope: z.string().default(''),
    expires_in: Seconds.optional(),
    refresh_token: z.string().min(1).optional(),
    refresh_token_expires_in: Seconds.optional(),
  }),
]);

type Granted = Exclude<z.infer<typeof TokenAnswer>, { error: string }>;

function toTokens(granted: Granted, now: Date): UserTokens {
  const after = (seconds: number | undefined) =>
    seconds === undefined ? null : new Date(now.getTime() + seconds * 1_000);
  return {
    access: granted.access_token,
    refresh: granted.refresh_token ?? null,
    accessExpiresAt: after(granted.expires_in),
    refreshExpiresAt: after(granted.refresh_token_expires_in),
    scope: granted.scope,
  };
}

/** GitHub answers refusals with status 200 as well. Nothing of the answer is logged: it may hold tokens. */
async function askForTokens(
  { website, clientId, clientSecret, userAgent, timeoutMs }: OAuthOptions,
  fields: Readonly<Record<string, string>>,
): Promise<z.infer<typeof TokenAnswer>> {
  const response = await fetch(`${website}/login/oauth/access_token`, {
    method: 'POST',
    headers: { accept: 'application/json', 'user-agent': userAgent },
    body: new URLSearchParams({ client_id: clientId, client_secret: clientSecret, ...fields }),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: unknown) => {
    throw notReached(cause);
  });
  const read: unknown = await response.json().catch((cause: unknown) => {
    throw notReached(cause);
  });
  const answer = TokenAnswer.safeParse(read);
  if (answer.success) return answer.data;
  throw notReached(undefined);
}

function notReached(cause: unknown): VitrineError {
  return new VitrineError('bad_gateway', 'GitHub did not answer properly. Try again in a moment.', { cause });
}

const Person = z.object({
  id: z.int().positive(),
  login: z.string().min(1).max(100),
  name: z.string().nullish(),
  avatar_url: z.url().nullish(),
});

const Emails = z.array(z.object({ email: z.string(), primary: z.boolean(), verified: z.boolean() }));

async function whoIs(ask: AskAsUser, token: string): Promise<ProvenPerson> {
  const [person, emails] = await Promise.all([
    ask(token, { route: 'GET /user', schema: Person }),
    // An App without the permission to read addresses does without them.
    ask(token, { route: 'GET /user/emails', schema: Emails }).catch(() => []),
  ]);
  if (!person)
    throw new VitrineError('bad_gateway', 'GitHub did not say who you are. Sign in again in a moment.');
  const email = emails?.find(({ primary, verified }) => primary && verified)?.email ?? null;
  return {
    account: { provider: 'github', id: person.id, login: person.login },
    name: person.name || null,
    email,
    emailVerified: email !== null,
    avatarUrl: person.avatar_url ?? null,
  };
}
