import {
  allowInsecureRequests,
  AuthorizationResponseError,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientError,
  ClientSecretPost,
  clockTolerance,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  ResponseBodyError,
} from 'openid-client';
import { z } from 'zod';
import type { Proven, ProvenPerson, Provider } from '../../src/people/sign-in.js';
import { messageOf, VitrineError } from '../../src/shared/errors.js';
import type { Log } from '../../src/shared/tools.js';

interface OpenIdOptions {
  readonly name: 'google' | 'openid';
  readonly label: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope: string;
  /** Must be registered with the provider, letter by letter. */
  readonly callbackUrl: string;
  readonly log: Log;
}

/** Servers' clocks differ a little. */
const LEEWAY_S = 30;
const TIMEOUT_S = 10;

/**
 * Signing in with an OpenID provider. The certified library checks issuer, audience, signature, nonce and times of the answer, the state,
 * and sends PKCE; see https://openid.net/specs/openid-connect-core-1_0.html.
 */
export function createOpenIdProvider(options: OpenIdOptions): Provider {
  const discovered = createDiscovery(options);
  return {
    name: options.name,
    label: options.label,
    async begin({ state, nonce, codeVerifier }) {
      return buildAuthorizationUrl(await discovered(), {
        redirect_uri: options.callbackUrl,
        scope: options.scope,
        state,
        nonce,
        code_challenge: await calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: 'S256',
      });
    },
    async finish(back, { state, nonce, codeVerifier }): Promise<Proven> {
      const configuration = await discovered();
      // From the configuration and not from the request, whose Host header anybody can set.
      const answer = new URL(`${options.callbackUrl}?${String(back)}`);
      const checks = {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: codeVerifier,
        idTokenExpected: true,
      };
      try {
        const tokens = await authorizationCodeGrant(configuration, answer, checks);
        const claims = Claims.parse(tokens.claims());
        const asked =
          claims.email === undefined ? await userInfo(configuration, tokens.access_token, claims.sub) : {};
        return { person: personOf(options.name, { ...asked, ...claims }), tokens: null };
      } catch (error) {
        throw refused(options, error);
      }
    },
  };
}

/** Asked for at the first sign-in and kept: a provider that is down does not stop the start of the server. */
function createDiscovery({ issuer, clientId, clientSecret, label, log }: OpenIdOptions) {
  let found: Promise<Configuration> | undefined;
  return (): Promise<Configuration> => {
    const client = { client_secret: clientSecret, [clockTolerance]: LEEWAY_S };
    // Without it, the library would trust the connection to the provider instead of the signature.
    const execute = [
      enableNonRepudiationChecks,
      ...(issuer.startsWith('http:') ? [allowInsecureRequests] : []),
    ];
    found ??= discovery(new URL(issuer), clientId, client, ClientSecretPost(clientSecret), {
      execute,
      timeout: TIMEOUT_S,
    }).catch((cause: unknown) => {
      found = undefined;
      log('error', 'the OpenID provider did not say how to sign in', { issuer, error: cause });
      throw new VitrineError(
        'bad_gateway',
        `${label} does not answer. Try again in a moment, or sign in another way.`,
        { cause },
      );
    });
    return found;
  };
}

/** Some providers write the boolean as text. */
const Claims = z.object({
  iss: z.string(),
  sub: z.string().min(1).max(255),
  name: z.string().optional(),
  preferred_username: z.string().optional(),
  email: z.string().max(320).optional(),
  email_verified: z
    .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
    .optional(),
  picture: z
    .url({ protocol: /^https?$/ })
    .optional()
    .catch(undefined),
});

type Claims = z.infer<typeof Claims>;

/** Many providers put the address there only. */
async function userInfo(
  configuration: Configuration,
  accessToken: string,
  subject: string,
): Promise<Omit<Claims, 'iss' | 'sub'>> {
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return {};
  return Claims.omit({ iss: true, sub: true }).parse(
    await fetchUserInfo(configuration, accessToken, subject),
  );
}

function personOf(name: OpenIdOptions['name'], claims: Claims): ProvenPerson {
  const { iss: issuer, sub: subject, email = null, email_verified: verified = false } = claims;
  return {
    account:
      name === 'google' ? { provider: 'google', id: subject } : { provider: 'openid', issuer, subject },
    name: claims.name ?? claims.preferred_username ?? null,
    email,
    emailVerified: email !== null && verified,
    avatarUrl: claims.picture ?? null,
  };
}

/** What the library refuses is either the person's decision, an answer that was not meant for this sign-in, or a fault of the provider. */
function refused({ label, log }: OpenIdOptions, cause: unknown): VitrineError {
  if (cause instanceof AuthorizationResponseError && cause.error === 'access_denied')
    return new VitrineError('bad_request', `You did not allow it at ${label}. Sign in again.`);
  const isRefusal =
    cause instanceof AuthorizationResponseError ||
    cause instanceof ResponseBodyError ||
    cause instanceof ClientError ||
    cause instanceof z.ZodError;
  log('warn', 'a sign-in was refused', { provider: label, reason: messageOf(cause) });
  const code = isRefusal ? 'bad_request' : 'bad_gateway';
  return new VitrineError(code, `${label} did not confirm who you are. Sign in again.`, { cause });
}
