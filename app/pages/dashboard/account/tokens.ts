import { createApiToken } from '../../../../src/contract/people/api-tokens.js';
import { ABILITIES, type Ability } from '../../../../src/people/api-token.js';
import { apiTokenHandlers } from '../../../api/people/api-tokens.js';
import { projectHandlers } from '../../../api/projects.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';

interface Tick {
  readonly name: string;
  readonly label: string;
  readonly hint: string;
  readonly isTicked: boolean;
}

interface TokenModel {
  readonly id: string;
  readonly name: string;
  readonly may: string;
  readonly projects: string;
  readonly createdAt: string;
  /** Empty for never. */
  readonly expiresAt: string;
  readonly lastUsedAt: string;
}

export interface TokensModel {
  readonly tokens: readonly TokenModel[];
  readonly projects: readonly Tick[];
  /** The new token, this once; empty otherwise. */
  readonly secret: string;
  readonly tokenName: string;
  readonly tokenProblem: string;
  readonly abilities: readonly Tick[];
  readonly expiries: readonly {
    readonly value: string;
    readonly label: string;
    readonly isChosen: boolean;
  }[];
}

const EXPLAINED: Readonly<Record<Ability, string>> = {
  read: 'sees what you see',
  deploy: 'redeploys, removes and approves previews',
  admin: 'changes settings, variables, members and channels',
};

const EXPIRIES = { 7: '7 days', 30: '30 days', 90: '90 days', 365: 'a year', never: 'never' } as const;

interface Typed {
  readonly name: string;
  readonly abilities: readonly string[];
  readonly expires: string;
}

function formModel({ name, abilities, expires }: Typed) {
  return {
    tokenName: name,
    abilities: ABILITIES.map((one) => ({
      name: `ability_${one}`,
      label: one,
      hint: EXPLAINED[one],
      isTicked: abilities.includes(one),
    })),
    expiries: Object.entries(EXPIRIES)
      .sort(([a], [b]) => Number(a === 'never') - Number(b === 'never'))
      .map(([value, label]) => ({ value, label, isChosen: value === expires })),
  };
}

export const NEW_TOKEN = {
  ...formModel({ name: '', abilities: ['read'], expires: '90' }),
  ...{ secret: '', tokenProblem: '' },
};

const MOST = 100;

/** The tokens of the person, and the projects that a new one can be bound to. */
export async function readTokens(
  ports: Ports,
  input: Asking,
): Promise<Pick<TokensModel, 'tokens' | 'projects'>> {
  const [tokens, projects] = await Promise.all([
    perform(apiTokenHandlers.listTokens, { ports, input, query: { limit: MOST } }),
    perform(projectHandlers.listProjects, { ports, input, query: { limit: MOST } }),
  ]);
  const names = new Map(projects.items.map(({ id, name }) => [id, name]));
  return {
    tokens: tokens.items.map(({ id, name, abilities, projectIds, createdAt, expiresAt, lastUsedAt }) => ({
      ...{ id, name, createdAt, may: abilities.join(', ') },
      projects: projectIds?.map((one) => names.get(one) ?? 'a project that is gone').join(', ') ?? '',
      expiresAt: expiresAt ?? '',
      lastUsedAt: lastUsedAt ?? '',
    })),
    projects: projects.items.map(({ id, name, repository }) => ({
      ...{ name: `project_${id}`, label: name, hint: repository, isTicked: false },
    })),
  };
}

type Sent = Readonly<Record<string, string | undefined>>;

const PROJECT = /^project_([0-9a-f]{24})$/;

/** What was typed for a new token, and the body of the operation, or what is wrong with it. */
export function readNewToken(sent: Sent) {
  const abilities = ABILITIES.filter((one) => sent[`ability_${one}`] === 'yes');
  const bound = Object.keys(sent).flatMap((name) => PROJECT.exec(name)?.[1] ?? []);
  const { name = '', expires = '' } = sent;
  const days = expires === 'never' ? null : Number(expires);
  const body = {
    name,
    abilities,
    projectIds: bound.length === 0 ? null : bound,
    expiresInDays: days,
  };
  const read = createApiToken.body().safeParse(body);
  const [issue] = read.error?.issues ?? [];
  return {
    typed: formModel({ name, abilities, expires }),
    body: read.data,
    problem: issue ? problemWith(String(issue.path[0])) : '',
  };
}

function problemWith(field: string): string {
  if (field === 'name')
    return 'Give the token a name of 1 to 100 characters, so that you know later what it is for.';
  if (field === 'abilities') return 'Choose at least one thing that the token may do.';
  return field === 'expiresInDays'
    ? 'Choose when the token ends.'
    : 'Choose 100 projects at most, or none for all.';
}
