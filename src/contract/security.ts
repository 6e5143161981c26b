/** Who may call an operation, in words and as the security schemes of the description. */
import { type ActorKind, actorsFor, personNeeds } from '../people/policies.js';
import type { Operation } from './operation.js';

/** On a server with https, the cookie has the prefix `__Host-`. */
const SESSION_COOKIE = '__Host-sid';

export const SECURITY = {
  token: {
    type: 'http',
    scheme: 'bearer',
    description: 'The token of an operator, of a person or of a run.',
  },
  identity: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: "A workflow run's OpenID Connect token from GitHub. It works once.",
  },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: SESSION_COOKIE,
    description: 'The session of a person who signed in with a browser.',
  },
} as const;

/** How each kind of actor says who it is. */
const SCHEMES: Readonly<Record<ActorKind, readonly (keyof typeof SECURITY)[]>> = {
  anonymous: [],
  identity: ['identity'],
  run: ['token'],
  operator: ['token'],
  user: ['token', 'session'],
};

export function descriptionOf({ permission, description }: Operation): string {
  const actors = actorsFor(permission);
  const person = personNeeds(permission);
  const words = actors.map((kind) => (kind === 'user' && person ? PERSON[person] : ACTOR[kind]));
  const who = `For: ${actors.includes('anonymous') ? 'anyone' : words.join('; ')}.`;
  return description === undefined ? who : `${description}\n\n${who}`;
}

const ACTOR: Readonly<Record<ActorKind, string>> = {
  anonymous: 'anyone',
  identity: 'a workflow run, by its identity token',
  run: 'the workflow run of the deployment',
  operator: 'operators',
  user: 'people',
};

/** The ability that an API token needs is part of what its person needs. */
const PERSON = {
  read: 'people who may read the repository (tokens: `read`)',
  write: 'people who may write to the repository (tokens: `deploy`)',
  admin: 'administrators of the repository (tokens: `admin`)',
  self: 'people (tokens: `read`)',
  session: 'people who are signed in, not by a token',
  administrator: 'administrators of this server (tokens: `admin`)',
} as const;

export function securityOf({
  permission,
}: Operation): readonly Readonly<Record<string, readonly string[]>>[] {
  const actors = actorsFor(permission);
  if (actors.includes('anonymous')) return [];
  const schemes = new Set(actors.flatMap((kind) => SCHEMES[kind]));
  if (personNeeds(permission) === 'session') schemes.delete('token');
  return [...schemes].map((scheme) => ({ [scheme]: [] }));
}

/** A write of people or operators, which takes an `Idempotency-Key`. */
export function isKeyed({ method, permission, body }: Operation): boolean {
  const actors = actorsFor(permission);
  const people = !actors.includes('anonymous') && actors.some((kind) => PEOPLE.includes(kind));
  return method !== 'GET' && people && typeof body !== 'string';
}

const PEOPLE: readonly ActorKind[] = ['operator', 'user'];
