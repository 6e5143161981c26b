import type { OpenIdSubject, ProviderName } from './user.js';

/** What a provider said of the person who signed in there. */
export interface ProvenPerson {
  readonly account:
    | { readonly provider: 'github'; readonly id: number; readonly login: string }
    | { readonly provider: 'google'; readonly id: string }
    | ({ readonly provider: 'openid' } & OpenIdSubject);
  readonly name: string | null;
  readonly email: string | null;
  /** The provider says that the address is theirs. */
  readonly emailVerified: boolean;
  readonly avatarUrl: string | null;
}

/** What a provider gave for reading on behalf of the person. Only GitHub's are kept. */
export interface UserTokens {
  readonly access: string;
  /** Null when the access token does not end: the App was told not to let them expire. */
  readonly refresh: string | null;
  readonly accessExpiresAt: Date | null;
  readonly refreshExpiresAt: Date | null;
  /** Empty for GitHub Apps, whose permissions are those of the App. */
  readonly scope: string;
}

/** The secrets of one sign-in that is under way. */
export interface Challenge {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** One way of signing in that leads through another website. */
export interface Provider {
  readonly name: ProviderName;
  /** For people: GitHub, Google, or what the operator calls it. */
  readonly label: string;
  /** Where the browser is sent. */
  begin(challenge: Challenge): Promise<URL>;
  /** Checks what the browser came back with, and asks the provider who it is. Throws with what to do next. */
  finish(back: URLSearchParams, challenge: Challenge): Promise<Proven>;
}

export interface Proven {
  readonly person: ProvenPerson;
  readonly tokens: UserTokens | null;
}

/** The ways of signing in that the operator has configured, in the order in which they are shown. */
export interface ProviderPorts {
  readonly providers: readonly Provider[];
}

/** A browser was sent to a provider and has not come back. */
export interface PendingSignIn extends Challenge {
  /** The hash of the cookie of the browser that began. */
  readonly browser: string;
  readonly provider: ProviderName;
  /** A path of this server. */
  readonly returnTo: string;
  /** The session that wants another account linked to its person; null for signing in. */
  readonly linkTo: string | null;
  readonly expiresAt: Date;
}

export interface PendingSignInStore {
  create(pending: PendingSignIn): Promise<void>;
  /** Removes and returns it: a state works once. Null when it is unknown, ended, or begun by another browser or for another provider. */
  take(asked: {
    state: string;
    browser: string;
    provider: ProviderName;
    now: Date;
  }): Promise<PendingSignIn | null>;
  deleteExpired(before: Date): Promise<number>;
}

export interface SignInPorts {
  readonly pendingSignIns: PendingSignInStore;
}

/** A path of this server, or the start page: an address of another host, however it is spelled, leads nowhere else. */
export function pathWithin(asked: string | undefined): string {
  if (asked === undefined || asked.length > 2_000) return '/';
  // Browsers drop tabs and line breaks, and read a backslash as a slash. An encoded one could become either further on.
  if (!/^\/(?![/\\])[^\s\\\u0000-\u001f\u007f]*$/.test(asked) || /^\/+%(09|0a|0d|2f|5c)/i.test(asked))
    return '/';
  const base = 'http://path.invalid';
  const url = URL.canParse(asked, base) ? new URL(asked, base) : null;
  return url?.origin === base && !url.pathname.startsWith('//')
    ? `${url.pathname}${url.search}${url.hash}`
    : '/';
}
