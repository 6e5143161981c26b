import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Page, PageRequest } from '../shared/pages.js';
import { hashToken } from './api-token.js';

/** A browser in which a person is signed in. */
export interface Session {
  readonly id: string;
  readonly userId: string;
  /** How the person signed in: a provider, or another way. */
  readonly way: string;
  /** The browser and its system, in words. */
  readonly device: string;
  /** The address from which the person signed in. */
  readonly address: string;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
  /** When its cookie was last replaced. */
  readonly rotatedAt: Date;
  /** When the browser first showed the newest cookie; null until then. */
  readonly confirmedAt: Date | null;
}

export interface StoredSession extends Session {
  /** Of the newest cookie, and of the one that it replaced. */
  readonly hashes: readonly string[];
  /** From which the proofs of its pages are made. Without the cookie it opens nothing. */
  readonly proofKey: string;
}

export type SessionPatch = Partial<
  Pick<StoredSession, 'lastUsedAt' | 'rotatedAt' | 'confirmedAt' | 'hashes'>
>;

export interface SessionStore {
  create(session: StoredSession): Promise<void>;
  /** By the hash of its newest cookie or of the one before. */
  byHash(hash: string): Promise<StoredSession | null>;
  /** Only while `hashes` are still those of `seen`: of two requests at once, one replaces the cookie. False for the other. */
  change(seen: StoredSession, patch: SessionPatch): Promise<boolean>;
  /** Newest first. */
  ofUser(userId: string, page: PageRequest): Promise<Page<Session>>;
  /** False when the person has no such session. */
  end(userId: string, id: string): Promise<boolean>;
  /** All of a person, or all but one. Answers how many. */
  endAll(userId: string, except?: string): Promise<number>;
  /** Removes those that ended before then. Answers how many. */
  deleteExpired(before: Date): Promise<number>;
}

export interface SessionPorts {
  readonly sessions: SessionStore;
}

const HOUR_MS = 60 * 60_000;
export const LONGEST_SESSION_MS = 7 * 24 * HOUR_MS;
const LONGEST_PAUSE_MS = 8 * HOUR_MS;
const ROTATE_AFTER_MS = HOUR_MS;
/** Requests that were sent side by side still show the old cookie. */
const OVERLAP_MS = 60_000;
/** `lastUsedAt` is written at most so often. */
const TOUCH_EVERY_MS = 60_000;

interface SignedIn extends Pick<Session, 'userId' | 'way' | 'device' | 'address'> {
  readonly id: string;
  readonly now: Date;
}

/** A new session and the value of its cookie: 256 bits, of which only the hash is kept. */
export function newSession({ now, ...who }: SignedIn): { session: StoredSession; secret: string } {
  const secret = newSecret();
  const session: StoredSession = {
    ...who,
    hashes: [hashToken(secret)],
    proofKey: newSecret(),
    createdAt: now,
    lastUsedAt: now,
    expiresAt: new Date(now.getTime() + LONGEST_SESSION_MS),
    rotatedAt: now,
    confirmedAt: now,
  };
  return { session, secret };
}

/** What one use of a session changes. `secret` is the value of the new cookie, when the old one was used for long enough. */
export interface SessionUse {
  readonly patch: SessionPatch | null;
  readonly secret: string | null;
}

/**
 * Null when the session is over, or the cookie was replaced by one that the browser has shown since. A replaced cookie counts until then:
 * the answer with the new one may have been lost.
 */
export function useSession(session: StoredSession, secret: string, now: Date): SessionUse | null {
  const since = (date: Date) => now.getTime() - date.getTime();
  if (since(endOfSession(session)) >= 0) return null;
  const hash = hashToken(secret);
  const { confirmedAt, rotatedAt, hashes } = session;
  const isNewest = hash === hashes[0];
  if (!isNewest && confirmedAt !== null && since(confirmedAt) > OVERLAP_MS) return null;
  const lost = !isNewest && confirmedAt === null && since(rotatedAt) > OVERLAP_MS;
  if (lost || (isNewest && since(rotatedAt) >= ROTATE_AFTER_MS)) return rotated(hash, now);
  const confirms = isNewest && confirmedAt === null;
  const touches = since(session.lastUsedAt) >= TOUCH_EVERY_MS;
  if (!confirms && !touches) return { patch: null, secret: null };
  return { patch: { lastUsedAt: now, ...(confirms && { confirmedAt: now }) }, secret: null };
}

function rotated(old: string, now: Date): SessionUse {
  const secret = newSecret();
  const hashes = [hashToken(secret), old];
  return { patch: { hashes, rotatedAt: now, confirmedAt: null, lastUsedAt: now }, secret };
}

/** When a session is over unless it is used before. */
export function endOfSession({ expiresAt, lastUsedAt }: Pick<Session, 'expiresAt' | 'lastUsedAt'>): Date {
  return new Date(Math.min(expiresAt.getTime(), lastUsedAt.getTime() + LONGEST_PAUSE_MS));
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** A cookie or another secret of ours as it must look; anything else is not looked up. */
export function isSecret(value: string | undefined): value is string {
  return value !== undefined && /^[\w-]{43}$/.test(value);
}

/**
 * Proves that a request comes from a page of this session. Each purpose has its own, so that one which is part of an address allows nothing
 * else. It stays the same when the cookie is replaced: pages may be open for hours.
 */
export function requestProof(
  { proofKey }: Pick<StoredSession, 'proofKey'>,
  purpose: 'write' | 'link',
): string {
  return createHmac('sha256', proofKey).update(purpose).digest('base64url');
}

/**
 * The same proof in other letters each time, for pages: they are sent compressed, and who can put words into a page and see how long it
 * becomes could otherwise guess a text that stays the same (BREACH).
 */
export function maskedProof(session: Pick<StoredSession, 'proofKey'>, purpose: 'write' | 'link'): string {
  const proof = Buffer.from(requestProof(session, purpose), 'base64url');
  const pad = randomBytes(proof.length);
  return Buffer.concat([pad, combined(proof, pad)]).toString('base64url');
}

/** 64 bytes: the pad, and the proof with the pad on it. */
const MASKED = /^[\w-]{86}$/;

function unmasked(given: string): string {
  if (!MASKED.test(given)) return given;
  const bytes = Buffer.from(given, 'base64url');
  const half = bytes.length / 2;
  return combined(bytes.subarray(half), bytes.subarray(0, half)).toString('base64url');
}

function combined(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, index) => byte ^ (other[index] ?? 0)));
}

/** Of a proof as it is, or masked; in constant time. */
export function isProof(given: string | undefined, expected: string): boolean {
  const digest = (text: string) => createHmac('sha256', 'compare').update(text).digest();
  return given !== undefined && timingSafeEqual(digest(unmasked(given)), digest(expected));
}

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
  [/\bcurl\//, 'curl'],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\b(iPhone|iPad|iPod)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

/** "Firefox on Windows": enough to recognise a session of one's own in a list. */
export function deviceOf(userAgent: string): string {
  const named = (table: typeof BROWSERS) => table.find(([pattern]) => pattern.test(userAgent))?.[1];
  const system = named(SYSTEMS);
  return `${named(BROWSERS) ?? 'An unknown browser'}${system === undefined ? '' : ` on ${system}`}`;
}
