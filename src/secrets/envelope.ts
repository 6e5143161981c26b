import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { VitrineError } from '../shared/errors.js';
import { KEY_BYTES, type KeyRing } from './keys.js';

/**
 * Encrypts text for the database. Each text gets a random key of its own (the data key), and a key of the operator encrypts that one:
 * so a new key of the operator means to encrypt 32 bytes a text again, and not the text.
 *
 * The context says whose text it is, such as `sealContext('project', id, name)`. It is not stored: what is sealed opens under the same
 * context only, so a ciphertext that was copied to another project, name or document is refused.
 */
export interface Seal {
  seal(text: string, context: string): string;
  /** Throws `secret_unreadable`, whatever the reason. */
  open(sealed: string, context: string): string;
  /** The same text under the operator's current key; what is under it already stays as it is. */
  rewrap(sealed: string, context: string): string;
  readonly currentKeyId: string;
  /** Every key that can be opened with, the current one first. */
  readonly keyIds: readonly string[];
}

export interface SealPorts {
  readonly seal: Seal;
}

const VERSION = 'v1';

const CIPHER = 'aes-256-gcm';

/** https://csrc.nist.gov/pubs/sp/800/38/d/final: 96 random bits for each encryption. */
const IV_BYTES = 12;

const TAG_BYTES = 16;

const DATA_KEY_ID_BYTES = 12;

export function createSeal(ring: KeyRing): Seal {
  return {
    seal(text, context) {
      const key = randomBytes(KEY_BYTES);
      const dataKeyId = randomBytes(DATA_KEY_ID_BYTES).toString('base64url');
      const body = encrypt(Buffer.from(text, 'utf8'), { key, aad: aadOf('text', context, dataKeyId) });
      return write({ ...wrap(ring, { key, context }), dataKeyId, body });
    },
    open(sealed, context) {
      const parts = read(sealed);
      const key = unwrap(ring, { parts, context });
      return decrypt(parts.body, { key, aad: aadOf('text', context, parts.dataKeyId) }).toString('utf8');
    },
    rewrap(sealed, context) {
      const parts = read(sealed);
      if (parts.keyId === ring.current.id) return sealed;
      return write({ ...parts, ...wrap(ring, { key: unwrap(ring, { parts, context }), context }) });
    },
    currentKeyId: ring.current.id,
    keyIds: ring.ids,
  };
}

/** Names whose text it is. Each part goes in with its length, so that no two lists of parts make the same context. */
export function sealContext(...parts: readonly string[]): string {
  return parts.map((part) => `${String(Buffer.byteLength(part))}:${part}`).join(':');
}

/** The operator's key that a sealed text needs. */
export function keyIdOf(sealed: string): string {
  return read(sealed).keyId;
}

/** One message for a missing key, a changed ciphertext and a wrong place: the difference would help an attacker only. */
export function secretUnreadable(): VitrineError {
  return new VitrineError(
    'secret_unreadable',
    'A stored secret cannot be decrypted. Set it again, or give the server the key in ENCRYPTION_KEYS that it was encrypted with.',
  );
}

interface Parts {
  readonly keyId: string;
  readonly dataKeyId: string;
  readonly wrapped: Buffer;
  readonly body: Buffer;
}

const SEALED = /^v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{16})\.([A-Za-z0-9_-]{80})\.([A-Za-z0-9_-]{38,})$/;

function read(sealed: string): Parts {
  const [, keyId, dataKeyId, wrapped, body] = SEALED.exec(sealed) ?? [];
  if (keyId === undefined || dataKeyId === undefined || wrapped === undefined || body === undefined)
    throw secretUnreadable();
  return {
    keyId,
    dataKeyId,
    wrapped: Buffer.from(wrapped, 'base64url'),
    body: Buffer.from(body, 'base64url'),
  };
}

function write({ keyId, dataKeyId, wrapped, body }: Parts): string {
  return [VERSION, keyId, dataKeyId, wrapped.toString('base64url'), body.toString('base64url')].join('.');
}

/** What a key encrypts is bound to its use, to whose text it is, and to the key itself. */
function aadOf(use: 'key' | 'text', context: string, keyId: string): Buffer {
  return Buffer.from(sealContext(VERSION, use, context, keyId), 'utf8');
}

function wrap(
  { current }: KeyRing,
  { key, context }: { key: Buffer; context: string },
): Pick<Parts, 'keyId' | 'wrapped'> {
  const wrapped = encrypt(key, { key: current.bytes, aad: aadOf('key', context, current.id) });
  return { keyId: current.id, wrapped };
}

function unwrap(ring: KeyRing, { parts, context }: { parts: Parts; context: string }): Buffer {
  const key = ring.find(parts.keyId);
  if (!key) throw secretUnreadable();
  return decrypt(parts.wrapped, { key: key.bytes, aad: aadOf('key', context, key.id) });
}

interface Lock {
  readonly key: Buffer;
  readonly aad: Buffer;
}

/** IV, tag, ciphertext. */
function encrypt(text: Buffer, { key, aad }: Lock): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES }).setAAD(aad);
  const encrypted = Buffer.concat([cipher.update(text), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), encrypted]);
}

function decrypt(encrypted: Buffer, { key, aad }: Lock): Buffer {
  const iv = encrypted.subarray(0, IV_BYTES);
  const tag = encrypted.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
  try {
    const decipher = createDecipheriv(CIPHER, key, iv, { authTagLength: TAG_BYTES })
      .setAAD(aad)
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(encrypted.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]);
  } catch {
    // Without the cause: it would say which check failed.
    throw secretUnreadable();
  }
}
