import { z } from 'zod';

/** Where previews that are programs run, and what they may use. */
export interface ContainerConfig {
  /** The container engine; undefined for that of this machine, and `off` for none. */
  readonly dockerHost: string | undefined;
  /** A container engine behind a host and port proves by TLS who it is. */
  readonly tlsVerify: boolean;
  readonly certPath: string | undefined;
  /** The settings of the operator's `docker`, in which its plugins may lie; undefined for those of the user of this process. */
  readonly dockerConfig: string | undefined;
  /** Where its program is looked for. */
  readonly path: string;
  /** Ports of this machine that containers get, as 30000-39999; null where this server reaches containers in their networks. */
  readonly ports: string | null;
  /** The container of this server, in that case; undefined to find out. */
  readonly server: string | undefined;
  /** The range that the subnets of their networks are cut from. */
  readonly network: string;
  /** The most that one container may have, whatever its settings ask for. */
  readonly memoryBytes: number;
  readonly cpus: number;
  /** The base image of Node servers, with `{version}` for the major version of Node. */
  readonly nodeImage: string;
  /** How the engine reaches this server's registry; undefined to find out. */
  readonly registryHost: string | undefined;
  /** What the names of the images of databases begin with. */
  readonly databaseImages: string;
}

const GIBIBYTE = 1024 ** 3;
/** The word of CONTAINER_PORTS that says: publish none. */
const NO_PORTS = 'none';
const PREFIX = { smallest: 8, largest: 24 };

export const CONTAINER_VARIABLES = {
  DOCKER_HOST: z
    .string()
    .regex(
      /^(off|unix:\/\/\/.+|(tcp|http):\/\/(\[[0-9a-f:]+\]|[a-z0-9.-]+):\d{1,5}\/?)$/i,
      'must be unix:///path, tcp://host:port or off',
    )
    .optional(),
  DOCKER_CONFIG: z.string().optional(),
  // As `docker` reads it: whatever it is set to.
  DOCKER_TLS_VERIFY: z.string().optional(),
  DOCKER_CERT_PATH: z.string().optional(),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  CONTAINER_PORTS: z
    .string()
    .regex(/^(none|\d{4,5}-\d{4,5})$/, 'must be a range of ports, such as 30000-39999, or none')
    .refine((range) => {
      if (range === NO_PORTS) return true;
      const [first = 0, last = 0] = range.split('-').map(Number);
      return first >= 1024 && first <= last && last <= 65_535;
    }, 'must be a range of ports between 1024 and 65535, such as 30000-39999')
    .default('30000-39999'),
  CONTAINER_SERVER: z
    .string()
    .regex(/^[a-zA-Z0-9][\w.-]{0,127}$/, 'must be the name of the container of this server')
    .optional(),
  CONTAINER_NETWORK: z
    .string()
    .refine(isPrivateRange, 'must be a private range from /8 to /24, such as 10.213.0.0/16')
    .default('10.213.0.0/16'),
  CONTAINER_MEMORY: z
    .string()
    .regex(/^[1-9]\d{0,5}[mg]$/i, 'must be a size, such as 512m or 2g')
    .transform((size) => parseInt(size, 10) * (/g$/i.test(size) ? GIBIBYTE : GIBIBYTE / 1024))
    .default(2 * GIBIBYTE),
  CONTAINER_CPUS: z
    .string()
    .regex(/^\d{1,3}(\.\d{1,2})?$/, 'must be a number of processors, such as 1.5')
    .transform(Number)
    .refine((cpus) => cpus >= 0.1, 'must be at least 0.1')
    .default(2),
  NODE_IMAGE: z
    .string()
    .regex(
      /^[a-z0-9][\w.:/{}-]*$/i,
      'must be the name of an image, such as mirror.example.com/library/node:{version}-slim',
    )
    .refine(
      (name) => name.includes('{version}') && !/[{}]/.test(name.replaceAll('{version}', '')),
      'must have {version} where the major version of Node goes, such as node:{version}-slim',
    )
    .default('node:{version}-slim'),
  SERVICE_IMAGES: z
    .string()
    .regex(
      /^[a-z0-9.-]+(:\d{1,5})?(\/[a-z0-9._-]+)*\/$/,
      'must be what the names of images begin with, up to a "/", such as mirror.example.com/library/',
    )
    .default('docker.io/library/'),
  REGISTRY_HOST: z
    .string()
    .regex(
      /^[a-z0-9.-]+(:\d{1,5})?$/i,
      'must be a host and a port without a protocol, such as 127.0.0.1:3000',
    )
    .optional(),
};

/** Others would hide hosts of the internet from the containers, or from this machine. */
function isPrivateRange(range: string): boolean {
  const [, a, b, c, d, bits] = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(range) ?? [];
  if (bits === undefined || [a, b, c, d].some((part) => Number(part) > 255)) return false;
  if (Number(bits) < PREFIX.smallest || Number(bits) > PREFIX.largest) return false;
  const [first, second] = [Number(a), Number(b)];
  if (first === 10) return true;
  if (Number(bits) < 12) return false;
  return (
    (first === 172 && second >= 16 && second < 32) || (first === 192 && second === 168 && Number(bits) >= 16)
  );
}

type Variables = z.output<z.ZodObject<typeof CONTAINER_VARIABLES>>;

export function toContainerConfig(variables: Variables): ContainerConfig {
  return {
    dockerHost: variables.DOCKER_HOST,
    dockerConfig: variables.DOCKER_CONFIG,
    tlsVerify: variables.DOCKER_TLS_VERIFY !== undefined,
    certPath: variables.DOCKER_CERT_PATH,
    path: variables.PATH,
    ports: variables.CONTAINER_PORTS === NO_PORTS ? null : variables.CONTAINER_PORTS,
    server: variables.CONTAINER_SERVER,
    network: variables.CONTAINER_NETWORK,
    memoryBytes: variables.CONTAINER_MEMORY,
    cpus: variables.CONTAINER_CPUS,
    nodeImage: variables.NODE_IMAGE,
    registryHost: variables.REGISTRY_HOST?.toLowerCase(),
    databaseImages: variables.SERVICE_IMAGES,
  };
}
