import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { types } from 'node:util';
import { VitrineError } from '../../src/shared/errors.js';
import type { Config } from '../config/config.js';

/** Takes the port, and says which one it is. */
export async function listen(server: Server, { host, port }: Pick<Config, 'host' | 'port'>): Promise<number> {
  server.listen({ host, port });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new VitrineError('unavailable', `Cannot listen on ${host} port ${port}: ${reasonOf(cause)}.`, {
      cause,
    });
  }
  return (server.address() as AddressInfo).port;
}

function reasonOf(error: unknown): string {
  const code = types.isNativeError(error) && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'another program uses it; set PORT to a free one';
  if (code === 'EACCES') return 'it needs more rights; set PORT to one above 1023';
  return 'check HOST and PORT';
}
