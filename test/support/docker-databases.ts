import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { buildImage } from './docker-images.js';

const run = promisify(execFile);

interface Files {
  /** Scripts by their path in the image. */
  readonly scripts: Readonly<Record<string, string>>;
  /** Programs and folders of this machine, which keep their paths. Programs bring their libraries. */
  readonly programs?: readonly string[];
  readonly folders?: readonly string[];
  /** Programs that get a place of their own, by it. */
  readonly placed?: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
}

async function imageOf(tag: string, { scripts, programs = [], folders = [], placed = {}, lines }: Files) {
  const tree = await mkdtemp(join(tmpdir(), 'vitrine-tree-'));
  const all = [...programs, ...Object.values(placed)];
  const libraries = await Promise.all(all.map(librariesOf));
  const needed = [...new Set(libraries.flat())];
  // Where the loader of an image looks by itself.
  const elsewhere = needed.filter((path) => !/^(\/usr)?\/lib/.test(path));
  const copied = [...programs, ...needed.filter((path) => !elsewhere.includes(path))];
  const moved = {
    ...placed,
    ...Object.fromEntries(elsewhere.map((path) => [`/usr/lib/${basename(path)}`, path])),
  };
  if (copied.length > 0) await run('cp', ['-L', '--parents', ...copied, tree]);
  for (const folder of folders) await run('cp', ['-r', '--parents', folder, tree]);
  for (const [to, from] of Object.entries(moved)) {
    await mkdir(dirname(join(tree, to)), { recursive: true });
    await run('cp', ['-L', from, join(tree, to)]);
  }
  for (const [path, script] of Object.entries(scripts)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), script);
    if (!path.startsWith('/etc/')) await chmod(join(tree, path), 0o755);
  }
  await chmod(tree, 0o755);
  await buildImage(tag, { tree, lines: ['RUN mkdir -p -m 1777 /tmp', ...lines] });
  await rm(tree, { recursive: true, force: true });
}

/** A program of this machine; null where it is not installed. */
export async function findProgram(name: string): Promise<string | null> {
  return run('sh', ['-c', 'command -v "$0"', name]).then(
    ({ stdout }) => stdout.trim(),
    () => null,
  );
}

async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await run('ldd', [program]);
  return stdout.split('\n').flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}

const STAND_IN = `#!/bin/sh
# Takes the options and the volume of Redis as its official image does, and answers with how often it was started.
[ "$1 $2" = "--requirepass $REDISCLI_AUTH" ] || { echo "The password is not the one of redis-cli." >&2; exit 9; }
chown 999:999 /data && chmod 700 /data || exit 8
echo started >>/data/starts
exec httpd -f -p 6379 -h /data
`;

const STAND_IN_CLI = `#!/bin/sh
[ -n "$REDISCLI_AUTH" ] && wget -qO- http://127.0.0.1:6379/starts >/dev/null && echo PONG
`;

/** What looks like Redis from outside, and is small. */
export function buildStandInForRedis(tag: string): Promise<void> {
  return imageOf(tag, {
    scripts: {
      '/usr/bin/redis-server': STAND_IN,
      '/usr/bin/redis-cli': STAND_IN_CLI,
    },
    lines: ['ENV PATH=/usr/bin:/bin', 'VOLUME /data', 'CMD ["redis-server"]'],
  });
}

const USERS = {
  '/etc/passwd':
    'root:x:0:0:root:/:/bin/sh\npostgres:x:999:999::/tmp:/bin/sh\nredis:x:999:999::/tmp:/bin/sh\n',
  '/etc/group': 'root:x:0:\npostgres:x:999:\n',
};

/** As the entry points of the official images: it gives the data to a user of its own, and becomes that user. Busybox has a setpriv that cannot. */
const BECOME = (folder: string) => `if [ "$(id -u)" = 0 ]; then
  mkdir -p ${folder} && chown -R 999:999 ${folder} && chmod 700 ${folder} || exit 8
  exec /usr/bin/setpriv --reuid=999 --regid=999 --clear-groups "$0" "$@"
fi
`;

/** Redis of this machine. */
export function buildRedis(tag: string, { server, cli }: { server: string; cli: string }): Promise<void> {
  return imageOf(tag, {
    scripts: { ...USERS, '/entrypoint': `#!/bin/sh\nset -e\n${BECOME('/data')}cd /data\nexec "$@"\n` },
    programs: ['/usr/bin/setpriv'],
    placed: { '/usr/bin/redis-server': server, '/usr/bin/redis-cli': cli },
    lines: ['ENV PATH=/usr/bin:/bin', 'VOLUME /data', 'ENTRYPOINT ["/entrypoint"]', 'CMD ["redis-server"]'],
  });
}

const POSTGRES = `#!/bin/sh
set -e
${BECOME('"$PGDATA" /var/run/postgresql')}if [ ! -s "$PGDATA/PG_VERSION" ]; then
  echo "$POSTGRES_PASSWORD" >/tmp/password
  initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --auth-host=scram-sha-256 --locale=C --encoding=UTF8
  rm /tmp/password
  echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
  pg_ctl -w start -o "-c listen_addresses=''"
  psql --username="$POSTGRES_USER" --dbname=postgres --command="CREATE DATABASE $POSTGRES_DB"
  pg_ctl -m fast -w stop
fi
exec postgres -c listen_addresses='*'
`;

/** PostgreSQL as Debian installs it, in a folder such as /usr/lib/postgresql/15. */
export function buildPostgres(tag: string, home: string): Promise<void> {
  const version = home.split('/').at(-1) ?? '';
  const own = ['initdb', 'postgres', 'pg_ctl', 'psql', 'pg_isready'].map((name) => join(home, 'bin', name));
  return imageOf(tag, {
    scripts: { ...USERS, '/entrypoint': POSTGRES },
    programs: [...own, '/usr/bin/setpriv'],
    folders: [join(home, 'lib'), `/usr/share/postgresql/${version}`, '/usr/share/zoneinfo'],
    lines: [
      `ENV PATH=${join(home, 'bin')}:/usr/bin:/bin`,
      'VOLUME /var/lib/postgresql/data',
      'STOPSIGNAL SIGINT',
      'ENTRYPOINT ["/entrypoint"]',
      'CMD ["postgres"]',
    ],
  });
}

/** A program that talks to both. */
export function buildClients(tag: string, { home, cli }: { home: string; cli: string }): Promise<void> {
  return imageOf(tag, {
    scripts: {},
    placed: { '/usr/bin/redis-cli': cli, '/usr/bin/psql': join(home, 'bin', 'psql') },
    lines: ['ENV PATH=/usr/bin:/bin', 'EXPOSE 3000', 'CMD ["sh"]'],
  });
}

/** Where Debian has PostgreSQL; null where it is not installed. */
export async function findPostgres(): Promise<string | null> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  const newest = versions.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a))[0];
  return newest === undefined ? null : join(root, newest);
}
