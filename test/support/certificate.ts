import { createPrivateKey, createPublicKey, randomBytes, sign, X509Certificate } from 'node:crypto';

interface Wanted {
  readonly key: string;
  readonly names: readonly string[];
  readonly from: Date;
  readonly until: Date;
}

/** https://www.itu.int/rec/T-REC-X.690: a tag, a length, the content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 128 ? [size] : size < 256 ? [0x81, size] : [0x82, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const SHA256_WITH_RSA = sequence(oid('2a864886f70d01010b'), der(0x05));
const COMMON_NAME = oid('550403');
const ALT_NAMES = oid('551d11');

const time = (at: Date) => der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));

/** A certificate that signs itself, for tests of TLS: https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
export function makeCertificate({ key, names, from, until }: Wanted): string {
  const subject = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, Buffer.from('vitrine tests')))));
  const altNames = sequence(...names.map((name) => der(0x82, Buffer.from(name))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    SHA256_WITH_RSA,
    subject,
    sequence(time(from), time(until)),
    subject,
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(sequence(ALT_NAMES, der(0x04, altNames)))),
  );
  const signature = sign('sha256', body, createPrivateKey(key));
  const whole = sequence(body, SHA256_WITH_RSA, der(0x03, Buffer.from([0]), signature));
  return new X509Certificate(whole).toString();
}
