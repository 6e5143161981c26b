import {
  SERVICE_KINDS,
  type ServiceKind,
  type ServiceSettings,
  urlVariableOf,
} from '../../../shared/services.js';

const MEBIBYTE = 1024 ** 2;

/** Its user and its database have the same name: a preview has no use for more. */
const NAME = 'preview';

/** Where a program finds a database, and what opens it. */
export interface DatabaseAccess extends ServiceSettings {
  readonly password: string;
}

/** How a kind of database is run from its official image, and what its users call things. */
export interface DatabaseKind {
  /** The name of the official image. */
  readonly image: string;
  readonly port: number;
  /** Where its data is, on a volume. */
  readonly folder: string;
  readonly memoryBytes: number;
  /** The variable of its container that holds the password: there it is read again. */
  readonly passwordIn: string;
  readonly env: (password: string) => Readonly<Record<string, string>>;
  /** Instead of that of the image. */
  readonly command?: (password: string) => readonly string[];
  /** A command that succeeds once it takes connections from elsewhere. While an image sets itself up, its server does not. */
  readonly health: readonly string[];
  readonly url: (access: DatabaseAccess) => string;
  /** What libraries look for by themselves, for the first database that can have these names. */
  readonly usual: (access: DatabaseAccess) => Readonly<Record<string, string>>;
}

const MYSQL_PORT = 3_306;

const mysqlUrl = ({ name, password }: DatabaseAccess) =>
  `mysql://${NAME}:${password}@${name}:${String(MYSQL_PORT)}/${NAME}`;

const usualOfMysql = (access: DatabaseAccess) => ({
  DATABASE_URL: mysqlUrl(access),
  MYSQL_HOST: access.name,
  MYSQL_PORT: String(MYSQL_PORT),
  MYSQL_USER: NAME,
  MYSQL_PASSWORD: access.password,
  MYSQL_DATABASE: NAME,
});

const postgresUrl = ({ name, password }: DatabaseAccess) =>
  `postgres://${NAME}:${password}@${name}:5432/${NAME}`;

const mongodbUrl = ({ name, password }: DatabaseAccess) =>
  `mongodb://${NAME}:${password}@${name}:27017/${NAME}?authSource=admin`;

/** With the name of its user, without which redis-cli 7.0 sends an empty one. */
const redisUrl = ({ name, password }: DatabaseAccess) => `redis://default:${password}@${name}:6379`;

/** By the documentation of the official images. docs/databases.md has the same as a table. */
export const DATABASE_KINDS: Readonly<Record<ServiceKind, DatabaseKind>> = {
  postgres: {
    image: 'postgres',
    port: 5_432,
    // Not the folder of the image: version 18 moved it, and refuses to start where a volume is in the old place.
    folder: '/var/lib/vitrine',
    memoryBytes: 256 * MEBIBYTE,
    passwordIn: 'POSTGRES_PASSWORD',
    env: (password) => ({
      POSTGRES_USER: NAME,
      POSTGRES_PASSWORD: password,
      POSTGRES_DB: NAME,
      PGDATA: '/var/lib/vitrine/data',
    }),
    health: ['pg_isready', '-h', '127.0.0.1', '-U', NAME, '-d', NAME],
    url: postgresUrl,
    usual: (access) => ({
      DATABASE_URL: postgresUrl(access),
      PGHOST: access.name,
      PGPORT: '5432',
      PGUSER: NAME,
      PGPASSWORD: access.password,
      PGDATABASE: NAME,
    }),
  },
  mysql: {
    image: 'mysql',
    port: MYSQL_PORT,
    folder: '/var/lib/mysql',
    memoryBytes: 768 * MEBIBYTE,
    passwordIn: 'MYSQL_PASSWORD',
    env: (password) => ({
      MYSQL_USER: NAME,
      MYSQL_PASSWORD: password,
      MYSQL_DATABASE: NAME,
      MYSQL_ROOT_PASSWORD: password,
    }),
    // It succeeds without a password too, because a server answered.
    health: ['mysqladmin', 'ping', '-h', '127.0.0.1'],
    url: mysqlUrl,
    usual: usualOfMysql,
  },
  mariadb: {
    image: 'mariadb',
    port: MYSQL_PORT,
    folder: '/var/lib/mysql',
    memoryBytes: 384 * MEBIBYTE,
    passwordIn: 'MARIADB_PASSWORD',
    env: (password) => ({
      MARIADB_USER: NAME,
      MARIADB_PASSWORD: password,
      MARIADB_DATABASE: NAME,
      MARIADB_ROOT_PASSWORD: password,
    }),
    health: ['mariadb-admin', 'ping', '-h', '127.0.0.1'],
    url: mysqlUrl,
    usual: usualOfMysql,
  },
  redis: {
    image: 'redis',
    port: 6_379,
    folder: '/data',
    memoryBytes: 128 * MEBIBYTE,
    // The image itself knows no variable for it: this one is read by redis-cli.
    passwordIn: 'REDISCLI_AUTH',
    env: (password) => ({ REDISCLI_AUTH: password }),
    command: (password) => ['redis-server', '--requirepass', password, '--appendonly', 'yes'],
    // redis-cli succeeds also when the server refuses the command, such as while it loads its data.
    health: ['sh', '-c', 'test "$(redis-cli ping)" = PONG'],
    url: redisUrl,
    usual: (access) => ({ REDIS_URL: redisUrl(access) }),
  },
  mongodb: {
    image: 'mongo',
    port: 27_017,
    folder: '/data/db',
    memoryBytes: 768 * MEBIBYTE,
    passwordIn: 'MONGO_INITDB_ROOT_PASSWORD',
    env: (password) => ({
      MONGO_INITDB_ROOT_USERNAME: NAME,
      MONGO_INITDB_ROOT_PASSWORD: password,
      MONGO_INITDB_DATABASE: NAME,
    }),
    // By its own host name, where it does not listen while it is set up. Its shell needs more memory and time than the question is worth.
    health: ['bash', '-c', 'exec 3<>"/dev/tcp/$HOSTNAME/27017"'],
    url: mongodbUrl,
    usual: (access) => ({ MONGODB_URI: mongodbUrl(access), MONGODB_URL: mongodbUrl(access) }),
  },
};

/** What the program gets for its databases. The first one that can have a usual name has it; `<NAME>_URL` is always the one of that name. */
export function variablesFor(databases: readonly DatabaseAccess[]): Readonly<Record<string, string>> {
  const usual = databases.map((one) => DATABASE_KINDS[one.kind].usual(one)).reverse();
  const urls = databases.map((one) => ({ [urlVariableOf(one)]: DATABASE_KINDS[one.kind].url(one) }));
  return Object.assign({}, ...usual, ...urls) as Record<string, string>;
}

/** As people write it, and as labels keep it: `db=postgres:16`. */
export function keyOf({ name, kind, version }: ServiceSettings): string {
  return `${name}=${kind}:${version}`;
}

/** Null for a text that is no key. */
export function serviceIn(key: string): ServiceSettings | null {
  const [, name = '', asked = '', version = ''] = /^([^=]+)=([^:]+):(.+)$/.exec(key) ?? [];
  const kind = SERVICE_KINDS.find((known) => known === asked);
  return kind === undefined ? null : { name, kind, version };
}

/** Those of a release, in their order: the first one has the usual names. */
export function setOf(services: readonly ServiceSettings[]): string {
  return services.map(keyOf).join(' ');
}

/** The keys that a set names. */
export function keysIn(set: string | undefined): readonly string[] {
  return set === undefined || set === '' ? [] : set.split(' ');
}
