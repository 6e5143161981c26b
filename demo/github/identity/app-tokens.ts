/** What a client of GitHub does to become an installation; the emulator itself needs it to hand out GITHUB_TOKENs. */
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import type { Emulate, InstalledApp } from '../emulate.js';
import type { Permissions } from '../options.js';
import type { Actor } from './actors.js';
import { signJwt } from './jwt.js';

export const tokenReply = z.looseObject({
  token: z.string(),
  expires_at: z.string(),
  permissions: z.record(z.string(), z.enum(['read', 'write', 'admin'])),
  repository_selection: z.enum(['all', 'selected']),
  repositories: z.array(z.looseObject({ id: z.number() })).optional(),
});

/** By our clock, not emulate's: tests move it. */
export const TOKEN_LIFETIME_MS = 60 * 60_000;

interface Wanted {
  readonly app: InstalledApp;
  readonly account: string;
  readonly repositoryId: number;
  readonly permissions: Permissions;
  readonly now: number;
}

export async function mintToken(emulate: Emulate, wanted: Wanted): Promise<{ token: string; actor: Actor }> {
  const { app, account } = wanted;
  const reply = await emulate.send({
    method: 'POST',
    path: `/app/installations/${app.installations[account]}/access_tokens`,
    token: appJwt(app),
    body: { repository_ids: [wanted.repositoryId], permissions: wanted.permissions },
  });
  if (reply.status !== 201) throw new Error(`No token for ${app.slug} on ${account}: ${reply.text}`);
  const parsed = tokenReply.parse(JSON.parse(reply.text));
  return { token: parsed.token, actor: actorOf(app, { account, reply: parsed, now: wanted.now }) };
}

export function actorOf(
  app: InstalledApp,
  { account, reply, now }: { account: string; reply: z.infer<typeof tokenReply>; now: number },
): Actor {
  return {
    kind: 'installation',
    appId: app.id,
    slug: app.slug,
    installationId: app.installations[account] ?? 0,
    account,
    permissions: reply.permissions,
    repositoryIds: reply.repositories?.map((repository) => repository.id),
    expiresAt: now + TOKEN_LIFETIME_MS,
  };
}

export function appJwt({ id, privateKey }: { id: number; privateKey: string }): string {
  const now = Math.floor(Date.now() / 1000);
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
  const claims = { iss: String(id), iat: now - 30, exp: now + 540 };
  return signJwt({ header: { typ: 'JWT', alg: 'RS256' }, claims, privateKey, publicKey });
}
