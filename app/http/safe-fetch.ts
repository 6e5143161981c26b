import { lookup as lookUp } from 'node:dns/promises';
import { type IncomingMessage, request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { SafeFetch, SafeRequest, SafeResponse } from '../../src/shared/safe-fetch.js';
import { VitrineError } from '../../src/shared/errors.js';
import { type AddressRules, createAddressRules } from '../config/addresses.js';

export interface Resolved {
  readonly address: string;
  readonly family: number;
}

interface SafeFetchOptions {
  /** What the operator allows besides addresses of the internet. */
  readonly allowPrivateAddresses: readonly string[];
  /** Finds the addresses of a name; the system's resolver unless given. */
  readonly resolve?: (host: string) => Promise<readonly Resolved[]>;
}

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 64 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;

/**
 * Sends a request to an address that a user gave. The server may reach hosts that the user may not, so it asks no host of a private
 * network unless the operator allows it. A name is resolved once and the connection goes to the address that was checked: asked again, its
 * DNS server could answer with another one. A redirect is an answer like any other and is not followed.
 */
export function createSafeFetch({
  allowPrivateAddresses,
  resolve = resolveName,
}: SafeFetchOptions): SafeFetch {
  const rules = createAddressRules(allowPrivateAddresses);
  return async (request) => {
    const url = parseUrl(request.url);
    const signal = limitOf(request);
    const addresses = await addressesOf(url, { rules, resolve, signal });
    return send({ url, request, addresses, signal });
  };
}

function limitOf({ signal, timeoutMs = TIMEOUT_MS }: SafeRequest): AbortSignal {
  const limit = AbortSignal.timeout(timeoutMs);
  return signal ? AbortSignal.any([signal, limit]) : limit;
}

/** Throws `bad_request` for what is no plain web address. */
export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new VitrineError('bad_request', 'The address must begin with https:// or http://.');
  if (url.username !== '' || url.password !== '')
    throw new VitrineError('bad_request', 'The address must not contain a user name or a password.');
  return url;
}

export function resolveName(host: string): Promise<readonly Resolved[]> {
  return lookUp(host, { all: true });
}

interface Resolving {
  readonly rules: AddressRules;
  readonly resolve: (host: string) => Promise<readonly Resolved[]>;
  readonly signal: AbortSignal;
}

/** The addresses that the connection may use, all of them checked. */
async function addressesOf(url: URL, { rules, resolve, signal }: Resolving): Promise<readonly Resolved[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  const family = isIP(host);
  const found = family === 0 ? await orAborted(signal, resolve(host)) : [{ address: host, family }];
  const allowed = found.filter(({ address }) => rules.allows(host, address));
  if (allowed.length > 0) return allowed;
  throw new VitrineError(
    'forbidden',
    `${host} is an address of a private network, which this server asks only where its operator allows it (ALLOW_PRIVATE_ADDRESSES).`,
  );
}

/** Whether another program of this server may connect to a host that a user named. It asks its own resolver, so every answer must be allowed. */
export function createHostCheck({ allowPrivateAddresses, resolve = resolveName }: SafeFetchOptions) {
  const rules = createAddressRules(allowPrivateAddresses);
  return async (named: string, signal: AbortSignal): Promise<boolean> => {
    const host = named.toLowerCase().replace(/\.$/, '');
    const family = isIP(host);
    const found = family === 0 ? await orAborted(signal, resolve(host)) : [{ address: host, family }];
    return found.length > 0 && found.every(({ address }) => rules.allows(host, address));
  };
}

/** For connections to a host that a user named, by a program that takes a lookup: they go to the addresses that were checked. */
export function createPinning({ allowPrivateAddresses, resolve = resolveName }: SafeFetchOptions) {
  const rules = createAddressRules(allowPrivateAddresses);
  return async (url: URL, signal: AbortSignal): Promise<LookupFunction> =>
    pinnedTo(await addressesOf(url, { rules, resolve, signal }));
}

/** A lookup cannot be stopped, so its answer is not waited for. */
function orAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

interface Sending {
  readonly url: URL;
  readonly request: SafeRequest;
  readonly addresses: readonly Resolved[];
  readonly signal: AbortSignal;
}

function send({ url, request, addresses, signal }: Sending): Promise<SafeResponse> {
  const { method = 'GET', headers = {}, body, maxBytes = MAX_ANSWER_BYTES } = request;
  const options: RequestOptions = {
    method,
    signal,
    lookup: pinnedTo(addresses),
    // A connection of an earlier request would go to an address that was checked for that one.
    agent: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    insecureHTTPParser: false,
    headers: {
      'user-agent': 'vitrine',
      // What is not packed cannot unpack to more than was read.
      'accept-encoding': 'identity',
      ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      ...headers,
    },
  };
  const start = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = start(url, options, (response) => {
      readAnswer(response, maxBytes).then(resolve, reject);
    });
    sent.on('error', reject).end(body);
  });
}

export function pinnedTo(addresses: readonly Resolved[]): LookupFunction {
  return (_host, options, done) => {
    const [first] = addresses;
    if (options.all) done(null, [...addresses]);
    else done(null, first?.address ?? '', first?.family);
  };
}

/** Reads so many bytes of the body and no more: it may have no end. */
async function readAnswer(response: IncomingMessage, maxBytes: number): Promise<SafeResponse> {
  const { statusCode: status = 0, headers } = response;
  const chunks: Buffer[] = [];
  let length = 0;
  if (maxBytes > 0) {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk.subarray(0, maxBytes - length));
      length += chunk.length;
      if (length >= maxBytes) break;
    }
  }
  response.destroy();
  const bytes = Buffer.concat(chunks);
  const [retryAfter, contentType] = [headers['retry-after'] ?? null, headers['content-type'] ?? null];
  return { status, retryAfter, contentType, bytes, body: bytes.toString('utf8') };
}

/** Longer than callers wait: their own limit says how long that was. */
const VISIT_MS = 30_000;

/** Requests a page of a preview for its status alone. */
export function createVisit(safeFetch: SafeFetch) {
  return async (page: string, signal: AbortSignal): Promise<number> => {
    const headers = { accept: 'text/html,*/*' };
    const { status } = await safeFetch({ url: page, headers, signal, timeoutMs: VISIT_MS, maxBytes: 0 });
    return status;
  };
}
