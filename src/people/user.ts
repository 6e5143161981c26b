import type { Page, PageRequest } from '../shared/pages.js';

export const THEMES = ['system', 'light', 'dark'] as const;

/** How pages look, and which mails a person wants. */
export interface Preferences {
  readonly theme: (typeof THEMES)[number];
  /** False: no mail about deployments at all, whatever the two below say. */
  readonly email: boolean;
  readonly emailOnSuccess: boolean;
  readonly emailOnFailure: boolean;
}

export const DEFAULT_PREFERENCES: Preferences = {
  theme: 'system',
  email: true,
  emailOnSuccess: false,
  emailOnFailure: true,
};

/** The subject of another OpenID provider. A subject is unique within its issuer only. */
export interface OpenIdSubject {
  readonly issuer: string;
  readonly subject: string;
}

/** A person. Known from webhooks, from signing in, or from both: GitHub's id makes them one. */
export interface User {
  readonly id: string;
  readonly name: string;
  /** On GitHub, as it was seen last: logins are renamed and given to others, so the id below is the identity. */
  readonly login: string | null;
  readonly email: string | null;
  /** The person proved that the address is theirs. Only proven addresses are unique, and only they count for anything. */
  readonly emailVerified: boolean;
  readonly avatarUrl: string | null;
  readonly githubId: number | null;
  readonly googleId: string | null;
  readonly openId: OpenIdSubject | null;
  /** An operator can shut a person out. */
  readonly active: boolean;
  readonly preferences: Preferences;
  /** Null for people who are known from webhooks only. */
  readonly signedInAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A person as a webhook names them. */
export interface SeenPerson {
  readonly githubId: number;
  readonly login: string;
  readonly email: string | null;
  readonly avatarUrl: string | null;
}

export type NewUser = Pick<
  User,
  'name' | 'login' | 'email' | 'emailVerified' | 'avatarUrl' | 'githubId' | 'googleId' | 'openId'
>;

export type UserPatch = Partial<Omit<User, 'id' | 'createdAt' | 'updatedAt'>>;

/** An account at a provider: what a person proves by signing in there. */
export type Account =
  | { readonly provider: 'github'; readonly id: number }
  | { readonly provider: 'google'; readonly id: string }
  | ({ readonly provider: 'openid' } & OpenIdSubject);

export type ProviderName = Account['provider'];

export interface UserFilter {
  readonly active?: boolean;
  /** A part of the name, the login or the address, in any case. */
  readonly search?: string;
}

export interface UserStore {
  /** Upserts by GitHub's id. An address in an event proves nothing, so it never replaces a proven one. */
  saveFromGitHub(seen: SeenPerson): Promise<User>;
  byGitHubId(githubId: number): Promise<User | null>;
  /** Logins change hands: the person who was seen with it last. */
  byLogin(login: string): Promise<User | null>;
  get(id: string): Promise<User | null>;
  byAccount(account: Account): Promise<User | null>;
  /** The person who proved that this address is theirs. */
  byProvenEmail(email: string): Promise<User | null>;
  /** Null when another person has the account or the proven address already. */
  create(fresh: NewUser): Promise<User | null>;
  /** Null when there is no such person. Throws `conflict` when another one has the account or the proven address. */
  change(id: string, patch: UserPatch): Promise<User | null>;
  /** Takes an account away, only while the accounts are still those of `seen`: null when they are not. */
  disconnect(seen: User, provider: ProviderName): Promise<User | null>;
  remove(id: string): Promise<void>;
  /** Newest first. */
  list(filter: UserFilter, page: PageRequest): Promise<Page<User>>;
}

/** The picture of a person, as GitHub gave it. */
export interface Avatar {
  /** A media type of pictures that hold no program. */
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly hash: string;
}

export interface Avatars {
  /** `later`: GitHub does not answer soon, and may another time. Never throws because of GitHub. */
  find(login: string): Promise<Avatar | 'none' | 'later'>;
}

export interface AvatarPorts {
  readonly avatars: Avatars;
}

export interface UserPorts {
  readonly users: UserStore;
}

export interface AdministratorPorts {
  /** GitHub logins, ids of GitHub and addresses that the operator names, in lower case. */
  readonly admins: readonly string[];
}

/** The providers at which the person has an account that is theirs here too. */
export function accountsOf({ githubId, googleId, openId }: User): ProviderName[] {
  return [
    ...(githubId === null ? [] : (['github'] as const)),
    ...(googleId === null ? [] : (['google'] as const)),
    ...(openId === null ? [] : (['openid'] as const)),
  ];
}

/** Addresses are compared without regard to case: providers deliver so, and two people who differ in case are an attack. */
export function emailKey(email: string): string {
  return email.trim().toLowerCase();
}

/**
 * Named by the operator in ADMINS: by GitHub login, by GitHub's id (`github:583231`), which is never given to another account, or by
 * proven address. The first visitor gets no rights.
 */
export function isAdministrator(
  { login, githubId, email, emailVerified }: User,
  admins: readonly string[],
): boolean {
  const named = (name: string | null) => name !== null && admins.includes(name.toLowerCase());
  const onGitHub = githubId !== null && (named(login) || named(`github:${String(githubId)}`));
  return onGitHub || (emailVerified && named(email));
}
