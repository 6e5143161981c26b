import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';

const FORM = /^sha256=[0-9a-f]{64}$/;

/** Checks `X-Hub-Signature-256` over the bytes as they came. Several secrets count while one replaces the other. */
export function createSignatureCheck(secrets: readonly string[]) {
  const keys = secrets.map((secret) => createSecretKey(secret, 'utf8'));
  return (bytes: Uint8Array, signature: string | undefined): boolean => {
    if (signature === undefined || !FORM.test(signature)) return false;
    const given = Buffer.from(signature.slice('sha256='.length), 'hex');
    return keys.some((key) => timingSafeEqual(createHmac('sha256', key).update(bytes).digest(), given));
  };
}
