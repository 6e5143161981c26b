import { availableParallelism } from 'node:os';
import limit from 'p-limit';
import { VitrineError } from '../shared/errors.js';

/** What a person may choose, in bytes of UTF-8: a longer one would only cost time. */
const FEWEST_BYTES = 8;
const MOST_BYTES = 1_024;

/** Two ways to type the same characters are one password: https://pages.nist.gov/800-63-4/sp800-63b.html#passwordver */
function normalized(password: string): string {
  return password.normalize('NFKC');
}

/** Throws `unprocessable` with what to change. */
export function checkPassword(password: string, email: string): void {
  const bytes = Buffer.byteLength(normalized(password));
  if (bytes < FEWEST_BYTES)
    throw new VitrineError(
      'unprocessable',
      `The password is too short: it needs at least ${String(FEWEST_BYTES)} characters.`,
    );
  if (bytes > MOST_BYTES)
    throw new VitrineError(
      'unprocessable',
      `The password is too long: ${String(MOST_BYTES)} bytes are the most.`,
    );
  if (normalized(password).toLowerCase() === email.toLowerCase())
    throw new VitrineError('unprocessable', 'The password is the e-mail address: choose another one.');
}

export interface Passwords {
  /** In the PHC string format, with its own salt. */
  hash(password: string): Promise<string>;
  /** With null it does the same work and answers false, so that the time does not tell the caller whether there is an account. */
  matches(hash: string | null, password: string): Promise<boolean>;
}

/** https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html: argon2id, 19 MiB, two passes, one lane. */
const ARGON2ID = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Of no password. */
const NOBODY =
  '$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';

interface PasswordQueue {
  /** How many are computed at once; one core is left to everything else unless given. */
  readonly atOnce?: number;
  /** How many wait at most. */
  readonly waiting?: number;
  /** For tests: called when one begins. */
  readonly onWork?: () => void;
}

/**
 * Hashes passwords on the threads of libuv, a few at a time. Those threads also read files and resolve names, so the rest waits in a queue
 * of its own; when that is full, callers are asked to come back instead of waiting for longer than a browser does.
 */
export function createPasswords({
  atOnce = Math.max(1, Math.min(2, availableParallelism() - 1)),
  waiting = 50,
  onWork = () => undefined,
}: PasswordQueue = {}): Passwords {
  const queue = limit(atOnce);
  const enqueue = <T>(work: () => Promise<T>): Promise<T> => {
    if (queue.pendingCount >= waiting)
      throw new VitrineError(
        'unavailable',
        'Too many people sign in at this moment. Try again in a few seconds.',
      );
    return queue(() => {
      onWork();
      return work();
    });
  };
  return {
    hash: async (password) =>
      enqueue(async () => {
        const { hash } = await loadArgon2();
        return hash(normalized(password), ARGON2ID);
      }),
    async matches(hash, password) {
      // Nothing this long was ever stored.
      const given = Buffer.byteLength(password) > MOST_BYTES * 4 ? '' : normalized(password);
      const same = await enqueue(async () => {
        const { verify } = await loadArgon2();
        return verify(hash ?? NOBODY, given);
      });
      return same && hash !== null;
    },
  };
}

/** Most servers have no password to check: the library is loaded with the first one. */
const loadArgon2 = () => import('@node-rs/argon2');

/** The hashes are apart from the people, so that no reader of a person meets them. */
export interface PasswordStore {
  get(userId: string): Promise<string | null>;
  set(userId: string, hash: string): Promise<void>;
  remove(userId: string): Promise<void>;
}

/** Links that were sent by mail. Only the newest of a person works, once, and for a limited time. */
export interface LinkStore {
  /** Takes the place of an earlier one of the same owner. */
  save(link: { owner: string; hash: string; createdAt: Date; expiresAt: Date }): Promise<void>;
  /** The owner, without using the link up; null when it does not work. */
  find(hash: string, now: Date): Promise<string | null>;
  /** Uses it up. Of two at once, one gets the owner. */
  use(hash: string, now: Date): Promise<string | null>;
  deleteExpired(before: Date): Promise<number>;
}

export interface PasswordPorts {
  readonly passwords: Passwords;
}

export interface PasswordStorePorts {
  readonly passwordHashes: PasswordStore;
  /** Owned by an e-mail address: there is no person yet. */
  readonly verifications: LinkStore;
  /** Owned by a person. */
  readonly passwordResets: LinkStore;
}
