import type { apiTokens, ApiTokenView } from '../../../src/contract/people/api-tokens.js';
import { createToken, type PersonalToken, type TokenScope } from '../../../src/people/api-token.js';
import { VitrineError } from '../../../src/shared/errors.js';
import type { Ports } from '../../ports.js';
import type { Caller } from '../access.js';
import { type Handlers, isoOrNull, pageOf } from '../handler.js';
import { visibleTo } from '../visible.js';
import { personOf } from './account.js';

const DAY_MS = 24 * 60 * 60_000;
/** More than a person keeps apart. */
const MOST_TOKENS = 100;

export const apiTokenHandlers: Handlers<typeof apiTokens> = {
  async listTokens(ports, { caller, query }) {
    const { id } = await personOf(ports, caller);
    const { items, nextCursor } = await ports.tokens.ofUser(id, pageOf(query));
    return { items: items.map(present), nextCursor };
  },

  async createApiToken(ports, { caller, body }) {
    const user = await personOf(ports, caller);
    await refuseTooMany(ports, user.id);
    await refuseUnknownProjects(ports, { caller, projectIds: body.projectIds });
    const { name, abilities, projectIds, expiresInDays } = body;
    const createdAt = ports.clock.now();
    const expiresAt = expiresInDays === null ? null : new Date(createdAt.getTime() + expiresInDays * DAY_MS);
    const { token, hash } = createToken('vtp');
    const id = ports.newId();
    const scope: TokenScope = { kind: 'user', userId: user.id, name, abilities, projectIds };
    await ports.tokens.issue({ hash, scope, expiresAt, id });
    const detail = `"${name}" for ${abilities.join(', ')}.`;
    await ports.audit.record({ actor: user.id, action: 'create-token', subject: id, detail });
    return { ...present({ id, name, abilities, projectIds, createdAt, expiresAt, lastUsedAt: null }), token };
  },

  async revokeToken(ports, { caller, params }) {
    const user = await personOf(ports, caller);
    if (!(await ports.tokens.revoke(user.id, params.id)))
      throw new VitrineError('not_found', 'There is no such token.');
    const detail = 'The token was ended.';
    await ports.audit.record({ actor: user.id, action: 'revoke-token', subject: params.id, detail });
    return { revoked: true };
  },
};

async function refuseTooMany({ tokens }: Ports, userId: string): Promise<void> {
  const { items } = await tokens.ofUser(userId, { limit: MOST_TOKENS });
  if (items.length < MOST_TOKENS) return;
  throw new VitrineError(
    'conflict',
    `You have ${String(MOST_TOKENS)} tokens: revoke one that you do not use.`,
  );
}

/** The ids of projects cannot be tried out with it: what the person may not see is not there. */
async function refuseUnknownProjects(
  ports: Ports,
  { caller, projectIds }: { caller: Caller; projectIds: readonly string[] | null },
): Promise<void> {
  if (projectIds === null) return;
  const visible = await visibleTo(ports, caller);
  for (const id of projectIds) {
    const isThere =
      visible === 'all' ? (await ports.projects.get(id)) !== null : visible.projectIds.includes(id);
    if (!isThere) throw new VitrineError('not_found', `There is no project ${id}.`);
  }
}

function present({ abilities, projectIds, ...token }: PersonalToken): ApiTokenView {
  return {
    id: token.id,
    name: token.name,
    abilities: [...abilities],
    projectIds: projectIds && [...projectIds],
    createdAt: token.createdAt.toISOString(),
    expiresAt: isoOrNull(token.expiresAt),
    lastUsedAt: isoOrNull(token.lastUsedAt),
  };
}
