import { z } from 'zod';
import { hashToken, type TokenPorts } from '../people/api-token.js';
import type { RightsPorts } from '../people/rights.js';
import { pathWithin } from '../people/sign-in.js';
import { type AdministratorPorts, isAdministrator, type UserPorts } from '../people/user.js';
import { sealContext, type SealPorts } from '../secrets/envelope.js';
import type { Tools } from '../shared/tools.js';
import { type AccessRule, opened } from './grant.js';

/** People who may read the repository, members of the project, and administrators of the server. */
export async function mayOpen(
  { users, admins, rights }: UserPorts & AdministratorPorts & RightsPorts,
  userId: string,
  { repoId, projectId }: Pick<AccessRule, 'repoId' | 'projectId'>,
): Promise<boolean> {
  const user = await users.get(userId);
  if (!user?.active) return false;
  return isAdministrator(user, admins) || (await rights.roleOn(userId, { repoId, projectId })) !== null;
}

const CODE = z.strictObject({
  label: z.string(),
  environmentId: z.string(),
  userId: z.string(),
  /** The hash of the secret of the browser that began on the preview. */
  state: z.string(),
  /** A path of the preview. */
  to: z.string(),
  until: z.number(),
});

/** What the app's own host tells a preview host of a visitor, in the address. It works once, soon, and in one browser. */
export type HandOver = Omit<z.output<typeof CODE>, 'until'>;

const CODE_LIFE_MS = 60_000;

const contextOf = (label: string) => sealContext('preview-hand-over', label);

export function writeCode({ seal, clock }: SealPorts & Pick<Tools, 'clock'>, handOver: HandOver): string {
  const until = clock.now().getTime() + CODE_LIFE_MS;
  return seal.seal(JSON.stringify({ ...handOver, until }), contextOf(handOver.label));
}

interface Shown {
  readonly code: string;
  readonly label: string;
  /** The secret of the browser that shows the code. */
  readonly secret: string;
}

/** Uses a code up. Null when it is none of this host and browser, was used, or is too old. */
export async function useCode(
  { seal, clock, tokens }: SealPorts & Pick<TokenPorts, 'tokens'> & Pick<Tools, 'clock'>,
  { code, label, secret }: Shown,
): Promise<HandOver | null> {
  const read = opened(CODE, () => seal.open(code, contextOf(label)));
  if (!read || read.until <= clock.now().getTime() || read.state !== hashToken(secret)) return null;
  const { until, ...handOver } = read;
  if (!(await tokens.useOnce(`preview-hand-over ${hashToken(code)}`, new Date(until)))) return null;
  return { ...handOver, to: pathWithin(handOver.to) };
}
