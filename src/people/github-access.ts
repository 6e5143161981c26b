import { setTimeout as pause } from 'node:timers/promises';
import { VitrineError } from '../shared/errors.js';
import type { Tools } from '../shared/tools.js';
import type {
  GitHubConnection,
  GitHubConnectionPorts,
  GitHubUserPorts,
  Reach,
  SealedTokens,
  TokenSealPorts,
} from './github-connection.js';
import type { UserTokens } from './sign-in.js';

export type GitHubAccessPorts = GitHubConnectionPorts &
  TokenSealPorts &
  GitHubUserPorts &
  Pick<Tools, 'clock' | 'log' | 'newId'>;
type Ports = GitHubAccessPorts;

/** A token that ends within this time is replaced before it is used. */
const SOON_MS = 60_000;
/** A call of the refresh takes ten seconds at most. */
const LEASE_MS = 20_000;
const LOOK_AGAIN_MS = 50;
/** Longer than a lease: then a process that stopped in the middle of a refresh has lost it. */
const LONGEST_WAIT_MS = 30_000;

/** Whose tokens they are: sealed under another person's name, they do not open. */
export function connectionContext(userId: string, kind: 'access' | 'refresh'): string {
  return `github-connection ${kind} ${userId}`;
}

export function sealTokens({ seal }: TokenSealPorts, userId: string, tokens: UserTokens): SealedTokens {
  const { access, refresh, accessExpiresAt, refreshExpiresAt, scope } = tokens;
  return {
    accessToken: seal.seal(access, connectionContext(userId, 'access')),
    refreshToken: refresh === null ? null : seal.seal(refresh, connectionContext(userId, 'refresh')),
    accessExpiresAt,
    refreshExpiresAt,
    scope,
  };
}

/**
 * A token for reading on GitHub on behalf of the person; null when they must sign in with GitHub again. GitHub takes a refresh token once
 * and ends the old access token with it, so one process refreshes, and the others wait for what it stores:
 * https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/refreshing-user-access-tokens
 */
export async function accessTokenOf(ports: Ports, userId: string): Promise<string | null> {
  const owner = ports.newId();
  for (let waited = 0; waited <= LONGEST_WAIT_MS; waited += LOOK_AGAIN_MS) {
    const connection = await ports.connections.get(userId);
    if (!connection || connection.brokenAt) return null;
    const { clock } = ports;
    if (!endsSoon(connection.accessExpiresAt, clock.now())) return opened(ports, connection, 'access');
    if (connection.refreshToken === null || endsSoon(connection.refreshExpiresAt, clock.now()))
      await ports.connections.markBroken(connection);
    else if (await ports.connections.lease(connection, { owner, leaseMs: LEASE_MS }))
      await refresh(ports, { connection, owner });
    else await pause(LOOK_AGAIN_MS);
  }
  throw new VitrineError('unavailable', 'The token for GitHub is being replaced: try again in a moment.');
}

function endsSoon(at: Date | null, now: Date): boolean {
  return at !== null && at.getTime() - now.getTime() < SOON_MS;
}

/** When GitHub cannot be asked, nothing has changed: the lease is given back, and the next caller tries again. */
async function refresh(
  ports: Ports,
  { connection, owner }: { connection: GitHubConnection; owner: string },
): Promise<void> {
  const { connections, githubUsers } = ports;
  try {
    const token = await opened(ports, connection, 'refresh');
    if (token === null) return;
    const fresh = await githubUsers.refresh(token);
    if (!fresh) return await connections.markBroken(connection);
    await connections.refreshed(connection, {
      owner,
      tokens: sealTokens(ports, connection.userId, fresh),
    });
  } catch (error) {
    await connections.refreshed(connection, { owner, tokens: null });
    throw error;
  }
}

/** A token that was sealed with a key that is gone is lost; the person signs in again. */
async function opened(
  { seal, connections, log }: Ports,
  connection: GitHubConnection,
  kind: 'access' | 'refresh',
): Promise<string | null> {
  const { userId, accessToken, refreshToken } = connection;
  try {
    return seal.open((kind === 'access' ? accessToken : refreshToken) ?? '', connectionContext(userId, kind));
  } catch (error) {
    log('warn', "a person's token for GitHub cannot be decrypted: they must sign in again", {
      userId,
      error,
    });
    await connections.markBroken(connection);
    return null;
  }
}

/** How long GitHub's list of what a person reaches counts. Events that may change it make it forgotten earlier. */
const REACH_MS = 5 * 60_000;

/** The repositories that GitHub lets the person see through the App; null without a connection that works. */
export async function reachOf(ports: Ports, userId: string): Promise<Reach | null> {
  const connection = await ports.connections.get(userId);
  if (!connection || connection.brokenAt) return null;
  const { reach } = connection;
  const now = ports.clock.now();
  if (reach && Math.abs(now.getTime() - reach.at.getTime()) < REACH_MS) return reach;
  const token = await accessTokenOf(ports, userId);
  if (token === null) return null;
  const asked = await ports.githubUsers.reach(token);
  if (!asked) {
    // The person took the authorization back on GitHub.
    const newest = await ports.connections.get(userId);
    if (newest?.version === connection.version) await ports.connections.markBroken(newest);
    return null;
  }
  await ports.connections.keepReach(connection, { ...asked, at: now });
  return asked;
}

/** Ends the authorization at GitHub and forgets the tokens. */
export async function disconnectGitHub(ports: Ports, userId: string): Promise<void> {
  const token = await accessTokenOf(ports, userId);
  if (token !== null) await ports.githubUsers.revoke(token);
  await ports.connections.remove(userId);
}
