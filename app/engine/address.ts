import { accessSync, constants } from 'node:fs';
import { errorCode } from '../../src/shared/errors.js';

/** Where the engine listens: a socket of this machine, or a host and port. */
export type EngineAddress =
  | { readonly socketPath: string; readonly host?: undefined }
  | { readonly socketPath?: undefined; readonly host: string; readonly port: number };

export type FoundEngine =
  | { readonly address: EngineAddress }
  /** Why there is none, with what to do. */
  | { readonly missing: string };

const DEFAULT_SOCKET = '/var/run/docker.sock';

/** The words of DOCKER_HOST that say: none. */
const OFF = 'off';

/** Which engine this server uses. Without DOCKER_HOST it is that of the machine, if this process may use it. */
export function findEngine(dockerHost: string | undefined, defaultSocket = DEFAULT_SOCKET): FoundEngine {
  if (dockerHost === OFF) return { missing: 'the operator has switched it off (DOCKER_HOST=off)' };
  if (dockerHost !== undefined) return { address: addressOf(dockerHost) };
  try {
    accessSync(defaultSocket, constants.R_OK | constants.W_OK);
    return { address: { socketPath: defaultSocket } };
  } catch (error) {
    if (errorCode(error) === 'EACCES')
      return {
        missing: 'the server may not use the socket of Docker: add its user to the group "docker"',
      };
    return { missing: 'there is no container engine on it: install Docker, or set DOCKER_HOST' };
  }
}

const SOCKET = /^unix:\/\/(\/.+)$/;
const HOST = /^(?:tcp|http):\/\/(?:\[([0-9a-f:]+)\]|([a-z0-9.-]+)):(\d{1,5})\/?$/i;

function addressOf(dockerHost: string): EngineAddress {
  const socketPath = SOCKET.exec(dockerHost)?.[1];
  if (socketPath !== undefined) return { socketPath };
  const [, ipv6, host = ipv6 ?? '', port] = HOST.exec(dockerHost) ?? [];
  return { host, port: Number(port) };
}
