import { lookup as lookUp } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { VitrineError } from '../../src/shared/errors.js';
import { isLoopback } from '../config/config.js';

/** Metadata services of clouds, and addresses that are no host. */
const NEVER = listOf([
  '169.254.0.0/16',
  '0.0.0.0/8',
  '224.0.0.0/3',
  'fe80::/10',
  'ff00::/8',
  'fd00:ec2::/32',
  '::/128',
]);

const PRIVATE = listOf([
  ...['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10'],
  ...['::1/128', 'fc00::/7'],
]);

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits] = range.split('/');
    list.addSubnet(network, Number(bits), familyOf(network));
  }
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

/**
 * Requests a page whose URL a workflow run chose, for its status alone. The server may reach hosts that the author of a workflow may not,
 * so it asks no address of its own network, unless it is reached at such an address itself. The address is checked where the connection
 * is made: a name may lead to another one a moment later.
 */
export function createVisit({ publicUrl }: { readonly publicUrl: string }) {
  const own = new URL(publicUrl).hostname.replace(/^\[|\]$/g, '');
  const atHome = isLoopback(own) || (isIP(own) !== 0 && PRIVATE.check(own, familyOf(own)));
  const isRefused = (address: string): boolean =>
    NEVER.check(address, familyOf(address)) || (!atHome && PRIVATE.check(address, familyOf(address)));
  return async (page: string, signal: AbortSignal): Promise<number> => {
    const url = new URL(page);
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && isRefused(host)) throw refused(host);
    return statusOf(url, { signal, lookup: checkedLookup(isRefused) });
  };
}

interface Sending {
  readonly signal: AbortSignal;
  readonly lookup: LookupFunction;
}

function statusOf(url: URL, { signal, lookup }: Sending): Promise<number> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const headers = { 'user-agent': 'vitrine', accept: 'text/html,*/*' };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'GET', headers, signal, lookup, agent: false }, (response) => {
      resolve(response.statusCode ?? 0);
      // The body is of no interest, and may have no end.
      response.destroy();
    });
    sent.on('error', reject).end();
  });
}

function checkedLookup(isRefused: (address: string) => boolean): LookupFunction {
  return (host, options, done) => {
    lookUp(host, { ...options, all: true }, (error, found) => {
      const allowed = (found ?? []).filter(({ address }) => !isRefused(address));
      const [first] = allowed;
      if (error) done(error, '');
      else if (!first) done(refused(host) as NodeJS.ErrnoException, '');
      else if (options.all) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}

function refused(host: string): VitrineError {
  return new VitrineError(
    'forbidden',
    `${host} is an address of this server's own network, which it does not ask for others.`,
  );
}
