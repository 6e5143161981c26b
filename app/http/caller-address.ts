import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../config/config.js';

/** Where a request comes from, for counting only. A proxy on this machine is believed about the last hop before it. */
export function callerAddress(request: IncomingMessage): string {
  const peer = request.socket.remoteAddress ?? 'unknown';
  if (!fromThisMachine(request)) return peer;
  const forwarded = request.headers['x-forwarded-for'];
  const last = String(forwarded ?? '')
    .split(',')
    .at(-1)
    ?.trim();
  return last || peer;
}

export function fromThisMachine(request: IncomingMessage): boolean {
  return isLoopback((request.socket.remoteAddress ?? '').replace(/^::ffff:/, ''));
}
