import { connect, type PeerCertificate } from 'node:tls';
import { errorCode } from '../../../src/shared/errors.js';
import { isLoopback } from '../../config/config.js';
import { reasonOf } from './ask.js';
import { type Check, failed, type Finding, good, skipped, warning } from './check.js';
import type { Surroundings } from './surroundings.js';

const isLocal = (host: string) => isLoopback(host) || host.endsWith('.localhost');

export const serverName: Check = {
  id: 'dns',
  title: 'DNS of PUBLIC_URL',
  async run({ config, publicUrl: { hostname }, resolve }) {
    if (config.publicUrl === undefined || isLocal(hostname))
      return skipped('PUBLIC_URL is an address of this machine: nobody else reaches this server.');
    if (/^(\[.*\]|[\d.]+)$/.test(hostname)) return skipped('PUBLIC_URL has an address instead of a name.');
    const found = await addressesOf(hostname, resolve);
    if ('finding' in found) return found.finding;
    return good(`${hostname} is ${found.addresses.join(', ')}.`);
  },
};

export const previewNames: Check = {
  id: 'dns-previews',
  title: 'DNS of previews',
  async run({ config: { previewDomain }, previewHost, publicUrl, resolve }) {
    if (isLocal(previewHost))
      return skipped(`Previews are at *.${previewDomain}, which browsers of this machine find without DNS.`);
    const record = `Add a record "*.${previewDomain}" with the addresses of ${publicUrl.hostname} to the DNS.`;
    const found = await addressesOf(previewHost, resolve, record);
    if ('finding' in found) return found.finding;
    const own = await resolve(publicUrl.hostname).catch(() => []);
    const { addresses } = found;
    const missing = own.filter((address) => !addresses.includes(address));
    if (own.length > 0 && (missing.length > 0 || own.length !== addresses.length))
      return warning(
        `*.${previewDomain} is ${addresses.join(', ')}, and ${publicUrl.hostname} is ${own.join(', ')}: previews may lead to another machine.`,
        record,
      );
    return good(`Every name below ${previewDomain} is ${addresses.join(', ')}.`);
  },
};

type Addresses = { readonly addresses: readonly string[] } | { readonly finding: Finding };

async function addressesOf(
  host: string,
  resolve: Surroundings['resolve'],
  todo = `Add a record for ${host} to the DNS.`,
): Promise<Addresses> {
  try {
    const addresses = await resolve(host);
    if (addresses.length > 0) return { addresses };
    return { finding: failed(`${host} has no address.`, todo) };
  } catch (error) {
    const says = `${host} cannot be looked up: ${reasonOf(error)}.`;
    return { finding: failed(says, 'Correct the DNS servers of this machine (/etc/resolv.conf).') };
  }
}

export const serverCertificate: Check = {
  id: 'certificate',
  title: 'Certificate of PUBLIC_URL',
  run: (surroundings) => lookAtCertificate(surroundings, surroundings.publicUrl.hostname),
};

export const previewCertificate: Check = {
  id: 'certificate-previews',
  title: 'Certificate of previews',
  run: (surroundings) => lookAtCertificate(surroundings, surroundings.previewHost),
};

interface Shown {
  readonly certificate: PeerCertificate;
  /** Why it is not trusted; null when it is. */
  readonly fault: Error | null;
}

/** Enough to act before a certificate ends, also over holidays; certificates of Let's Encrypt are renewed thirty days before. */
const WARN_DAYS = 14;
const DAY_MS = 86_400_000;

async function lookAtCertificate(surroundings: Surroundings, host: string): Promise<Finding> {
  const { publicUrl, previewHost, config, now } = surroundings;
  if (publicUrl.protocol !== 'https:') return skipped('PUBLIC_URL is not https.');
  const isPreview = host === previewHost;
  const names = isPreview ? `*.${config.previewDomain}` : host;
  const renew = isPreview
    ? `Get a wildcard certificate for ${names} (by a DNS-01 challenge), and give it to what answers TLS for this server.`
    : `Get a certificate for ${names}, and give it to what answers TLS for this server, with the certificates between.`;
  const shown = await showCertificate(surroundings, host).catch((error: unknown) => error);
  if (errorCode(shown) === 'ENOTFOUND') return skipped(`${host} has no address.`);
  if (!isShown(shown)) return failed(`Nothing shows a certificate for ${host}: ${reasonOf(shown)}.`, renew);
  const { certificate, fault } = shown;
  const until = new Date(certificate.valid_to);
  const days = Math.floor((until.getTime() - now().getTime()) / DAY_MS);
  const date = until.toISOString().slice(0, 10);
  if (fault)
    return failed(
      `Browsers do not accept it for ${host}: ${reasonOf(fault)}. It is for ${altNamesOf(certificate)}, until ${date}.`,
      renew,
    );
  if (days < WARN_DAYS)
    return warning(
      `It ends in ${days} days, on ${date}.`,
      'Look why it was not renewed: most programs renew a certificate a month before its end.',
    );
  return good(`It is for ${altNamesOf(certificate)}, for ${days} more days.`);
}

function isShown(value: unknown): value is Shown {
  return typeof value === 'object' && value !== null && 'certificate' in value;
}

function altNamesOf({ subjectaltname }: PeerCertificate): string {
  return (subjectaltname ?? 'no name').replaceAll('DNS:', '').replaceAll('IP Address:', '');
}

function showCertificate({ publicUrl, lookup, ca, signal }: Surroundings, host: string): Promise<Shown> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port: Number(publicUrl.port || '443'),
      servername: host,
      lookup,
      ALPNProtocols: ['http/1.1'],
      // It is looked at, and nothing is sent.
      rejectUnauthorized: false,
      ...(ca !== undefined && { ca }),
    });
    const stop = () => socket.destroy(new Error('it did not answer in time'));
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', reject).once('secureConnect', () => {
      const fault = socket.authorized ? null : faultOf(socket.authorizationError);
      resolve({ certificate: socket.getPeerCertificate(), fault });
      socket.destroy();
    });
  });
}

/** Node gives a code or an error here, whatever its types say. */
function faultOf(fault: unknown): Error {
  if (fault instanceof Error) return fault;
  return Object.assign(new Error(String(fault)), { code: String(fault) });
}
