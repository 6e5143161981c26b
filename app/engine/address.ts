import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { errorCode } from '../../src/shared/errors.js';

/** Where the engine listens: a socket of this machine, or a host and port. */
export type EngineAddress =
  | { readonly socketPath: string; readonly host?: undefined; readonly tls?: undefined }
  | {
      readonly socketPath?: undefined;
      readonly host: string;
      readonly port: number;
      readonly tls?: EngineTls | undefined;
    };

/** What proves both sides to each other. */
export interface EngineTls {
  /** Where the files lie. */
  readonly folder: string;
  readonly ca: string;
  /** Of this server; undefined where the engine asks for none. */
  readonly client: { readonly cert: string; readonly key: string } | undefined;
}

export type FoundEngine =
  | { readonly address: EngineAddress }
  /** Why there is none, with what to do. */
  | { readonly missing: string };

const DEFAULT_SOCKET = '/var/run/docker.sock';

/** The words of DOCKER_HOST that say: none. */
const OFF = 'off';

interface EngineOptions {
  /** A host must prove who it is. */
  readonly tlsVerify?: boolean | undefined;
  /** In which its CA, and certificate and key of this server lie; as for `docker`, the folder of its settings unless given. */
  readonly certPath?: string | undefined;
  readonly dockerConfig?: string | undefined;
  readonly defaultSocket?: string;
}

/** Which engine this server uses. Without DOCKER_HOST it is that of the machine, if this process may use it. */
export function findEngine(dockerHost: string | undefined, options: EngineOptions = {}): FoundEngine {
  const { defaultSocket = DEFAULT_SOCKET } = options;
  if (dockerHost === OFF) return { missing: 'the operator has switched it off (DOCKER_HOST=off)' };
  if (dockerHost !== undefined) return engineAt(addressOf(dockerHost), options);
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

function engineAt(address: EngineAddress, { tlsVerify = false, ...at }: EngineOptions): FoundEngine {
  if (address.socketPath !== undefined || !tlsVerify) return { address };
  const folder = at.certPath ?? at.dockerConfig ?? join(homedir(), '.docker');
  try {
    return { address: { ...address, tls: readCertificates(folder) } };
  } catch {
    return {
      missing:
        'the server cannot read the certificates for its engine: DOCKER_TLS_VERIFY is set, and DOCKER_CERT_PATH must be a folder with ca.pem, cert.pem and key.pem',
    };
  }
}

/** An engine that asks for no certificate of this server needs its CA only. */
function readCertificates(folder: string): EngineTls {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const hasOwn = existsSync(join(folder, 'cert.pem')) || existsSync(join(folder, 'key.pem'));
  return {
    folder,
    ca: read('ca.pem'),
    client: hasOwn ? { cert: read('cert.pem'), key: read('key.pem') } : undefined,
  };
}

const SOCKET = /^unix:\/\/(\/.+)$/;
const HOST = /^(?:tcp|http):\/\/(?:\[([0-9a-f:]+)\]|([a-z0-9.-]+)):(\d{1,5})\/?$/i;

function addressOf(dockerHost: string): EngineAddress {
  const socketPath = SOCKET.exec(dockerHost)?.[1];
  if (socketPath !== undefined) return { socketPath };
  const [, ipv6, host = ipv6 ?? '', port] = HOST.exec(dockerHost) ?? [];
  return { host, port: Number(port) };
}
