import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export interface Identity {
  readonly sub: string;
  readonly name?: string;
  readonly email?: string;
  readonly email_verified?: boolean | string;
  readonly picture?: string;
}

/** What the provider does next; anything may be as no honest provider would have it. */
export interface Behaviour {
  person: Identity;
  /** Only the answer to the userinfo request names the address. */
  emailInUserInfoOnly: boolean;
  claims: JWTPayload;
  header: { alg?: string; kid?: string };
  /** The `iss` parameter of the answer that the browser brings: RFC 9207. */
  responseIssuer: string | null;
}

export interface OpenIdProvider extends AsyncDisposable {
  readonly issuer: string;
  readonly behaviour: Behaviour;
  /** Forms that reached the token endpoint. */
  readonly exchanges: readonly URLSearchParams[];
  /** What the browser would do: goes to the authorization endpoint and answers where it is sent back to. */
  authorize(asked: URL): Promise<URL>;
}

export const CLIENT = { clientId: 'vitrine', clientSecret: 'the secret of vitrine' };

/** A small OpenID provider that signs in whom a test says, and lies where a test says so. */
export async function startOpenIdProvider(person: Identity): Promise<OpenIdProvider> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const behaviour: Behaviour = {
    ...{ person, emailInUserInfoOnly: false, claims: {}, header: {}, responseIssuer: null },
  };
  const exchanges: URLSearchParams[] = [];
  let nonce: string | null = null;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', issuer);
    const send = (body: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (pathname === '/.well-known/openid-configuration') return send(configurationOf(issuer));
    if (pathname === '/keys') return send({ keys: [jwk] });
    if (pathname === '/userinfo') return send(behaviour.person);
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      exchanges.push(new URLSearchParams(text));
      void idToken().then((id_token) =>
        send({ access_token: 'access', token_type: 'Bearer', expires_in: 60, id_token }),
      );
    });
    return undefined;
  });
  const issuer = await listening(server);

  async function idToken(): Promise<string> {
    const { person } = behaviour;
    const shown = behaviour.emailInUserInfoOnly ? { sub: person.sub } : person;
    const now = Math.floor(Date.now() / 1_000);
    const usual = { iss: issuer, aud: CLIENT.clientId, iat: now, exp: now + 60, ...(nonce && { nonce }) };
    const claims = { ...usual, ...shown, ...behaviour.claims };
    const { alg = 'RS256', kid = 'k1' } = behaviour.header;
    if (alg === 'none') return `${encode({ alg })}.${encode(claims)}.`;
    return new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(privateKey);
  }

  return {
    issuer,
    behaviour,
    exchanges,
    authorize(asked) {
      nonce = asked.searchParams.get('nonce');
      const back = new URL(asked.searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', 'code');
      back.searchParams.set('state', asked.searchParams.get('state') ?? '');
      if (behaviour.responseIssuer !== null) back.searchParams.set('iss', behaviour.responseIssuer);
      return Promise.resolve(back);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function configurationOf(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256'],
  };
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}
