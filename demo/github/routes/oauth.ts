/**
 * The user flow of a GitHub App. emulate has one too, but it takes a wrong PKCE verifier, and its tokens neither end nor are refreshed:
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-user-access-token-for-a-github-app
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Json } from '../documents.js';
import { ok, refused, type ApiReply } from '../gateway/reply.js';
import { route, type ApiRequest, type Route } from '../gateway/router.js';
import type { Grant } from '../state.js';
import type { World } from '../world.js';
import { authorizePage } from './oauth-page.js';

export const oauthRoutes: readonly Route[] = [
  route('GET /login/oauth/authorize', (world, { url }) => askPerson(world, url.searchParams)),
  route('POST /login/oauth/authorize', (world, { body }) => choosePerson(world, body)),
  route('POST /login/oauth/access_token', giveTokens),
];

const MINUTE_MS = 60_000;
const CODE_MS = 10 * MINUTE_MS;
const ACCESS_S = 8 * 60 * 60;
const REFRESH_S = 15_897_600;

function askPerson(world: World, asked: URLSearchParams): ApiReply {
  const wrong = mistakeIn(world, asked);
  return wrong ?? authorizePage({ logins: [...world.state.accounts.keys()], asked });
}

/** GitHub shows these on a page of its own: it sends nobody to an address that the App does not know. */
function mistakeIn({ options: { app } }: World, asked: URLSearchParams): ApiReply | undefined {
  if (asked.get('client_id') !== app.clientId) return refused(404, 'Not Found');
  const redirectUri = asked.get('redirect_uri') ?? '';
  const known = app.callbackUrls?.includes(redirectUri) ?? URL.canParse(redirectUri);
  return known ? undefined : refused(400, 'The redirect_uri is not associated with this application.');
}

function choosePerson(world: World, body: Json): ApiReply {
  const asked = new URLSearchParams(body as Record<string, string>);
  const wrong = mistakeIn(world, asked);
  if (wrong) return wrong;
  const back = new URL(asked.get('redirect_uri') ?? '');
  back.searchParams.set('state', asked.get('state') ?? '');
  const login = asked.get('login') ?? '';
  if (login === '') back.searchParams.set('error', 'access_denied');
  else back.searchParams.set('code', rememberCode(world, login, asked));
  return { status: 302, body: '', headers: { location: back.href } };
}

function rememberCode({ state, options }: World, login: string, asked: URLSearchParams): string {
  const code = randomBytes(10).toString('hex');
  state.oauth.codes.set(code, {
    login,
    redirectUri: asked.get('redirect_uri') ?? '',
    challenge: asked.get('code_challenge_method') === 'S256' ? asked.get('code_challenge') : null,
    endsAt: options.clock() + CODE_MS,
  });
  return code;
}

/** GitHub answers refusals with status 200 here. */
function giveTokens(world: World, { body }: ApiRequest): ApiReply {
  const { app } = world.options;
  if (body.client_id !== app.clientId || body.client_secret !== app.clientSecret)
    return ok({ error: 'incorrect_client_credentials' });
  const login = body.grant_type === 'refresh_token' ? refresh(world, body) : exchange(world, body);
  return ok(typeof login === 'string' ? tokensFor(world, login) : login);
}

function exchange({ state, options }: World, body: Json): string | { readonly error: string } {
  const code = String(body.code);
  const known = state.oauth.codes.get(code);
  state.oauth.codes.delete(code);
  if (!known || known.endsAt <= options.clock()) return { error: 'bad_verification_code' };
  if (known.redirectUri !== body.redirect_uri) return { error: 'redirect_uri_mismatch' };
  const verifier = typeof body.code_verifier === 'string' ? body.code_verifier : '';
  const given = createHash('sha256').update(verifier).digest('base64url');
  return known.challenge === null || known.challenge === given
    ? known.login
    : { error: 'bad_verification_code' };
}

/** A refresh token works once, and the access token that was given with it ends. */
function refresh({ state, options }: World, body: Json): string | { readonly error: string } {
  const token = String(body.refresh_token);
  const grant = state.oauth.grants.find((one) => one.refresh === token);
  if (!grant || grant.refreshEndsAt <= options.clock()) return { error: 'bad_refresh_token' };
  forgetGrants(state.oauth.grants, (one) => one === grant);
  state.actors.delete(grant.access);
  return grant.login;
}

export function forgetGrants(grants: Grant[], which: (grant: Grant) => boolean): Grant[] {
  const forgotten = grants.filter(which);
  for (const grant of forgotten) grants.splice(grants.indexOf(grant), 1);
  return forgotten;
}

function tokensFor({ state, options }: World, login: string): Json {
  const access = `ghu_${randomBytes(18).toString('hex')}`;
  const token = `ghr_${randomBytes(38).toString('hex')}`;
  const now = options.clock();
  state.oauth.grants.push({ login, access, refresh: token, refreshEndsAt: now + REFRESH_S * 1_000 });
  state.actors.set(access, { kind: 'user', login, endsAt: now + ACCESS_S * 1_000 });
  return {
    access_token: access,
    expires_in: ACCESS_S,
    refresh_token: token,
    refresh_token_expires_in: REFRESH_S,
    scope: '',
    token_type: 'bearer',
  };
}
