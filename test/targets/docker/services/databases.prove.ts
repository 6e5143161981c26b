import { afterAll, expect, test } from '@jest/globals';
import type { ServiceSettings } from '../../../../src/shared/services.js';
import { createDockerTarget } from '../../../../src/targets/docker/docker.js';
import type { Run } from '../../../../src/targets/target.js';
import { release as releaseWith } from '../../../support/builders.js';
import {
  buildClients,
  buildPostgres,
  buildRedis,
  findPostgres,
  findProgram,
} from '../../../support/docker-databases.js';
import { docker, emptyEngine, hasDocker, realEngine } from '../../../support/docker-images.js';
import { dockerParts } from '../../../support/docker-parts.js';

/** Debian's own packages, in images that start as the official ones do. Needs an engine, and redis-server and postgresql installed. */
const home = await findPostgres();
const [server, cli] = [await findProgram('redis-server'), await findProgram('redis-cli')];

const SAFE = { writable: false, root: false };
const DB: ServiceSettings = { name: 'db', kind: 'postgres', version: '0-debian' };
const CACHE: ServiceSettings = { name: 'cache', kind: 'redis', version: '0-debian' };

/** Counts its starts in both, and shows the counts. */
const COUNT = [
  'mkdir -p /tmp/www',
  "psql -qc 'create table if not exists starts (at timestamptz default now())' -c 'insert into starts default values'",
  'redis-cli --no-auth-warning -u $REDIS_URL incr starts >/dev/null',
  "psql -Atc 'select count(*) from starts' $DATABASE_URL >/tmp/www/index.html",
  'redis-cli --no-auth-warning -u $CACHE_URL get starts >>/tmp/www/index.html',
  'exec httpd -f -p 0.0.0.0:$PORT -h /tmp/www',
].join(' && ');

const run: Run = {
  ...{ credentials: undefined, variables: {}, secrets: {}, fetch: globalThis.fetch, visit: async () => 200 },
  ...{ log: (line) => void process.stderr.write(`${line}\n`), signal: new AbortController().signal },
};

if (!hasDocker || home === null || server === null || cli === null)
  test.skip('databases: there is no engine, no redis-server or no postgresql', () => undefined);
else {
  const engine = realEngine();
  afterAll(() => emptyEngine(engine));

  test('PostgreSQL and Redis keep their data across pushes, sleep and wake, and a wrong password opens nothing', async () => {
    await buildPostgres('postgres:0-debian', home);
    await buildRedis('redis:0-debian', { server, cli });
    await buildClients('vitrine-clients:1', { home, cli });
    const target = createDockerTarget(dockerParts({ engine }));
    const image = { kind: 'external', reference: 'vitrine-clients:1', auth: null } as const;
    const program = { ...releaseWith().program, start: `sh -c "${COUNT}"` };
    const first = releaseWith({ image, program, services: [DB, CACHE] });
    const shown = async ({ reach }: { readonly reach: unknown }) => {
      const { host, port } = reach as { host: string; port: number };
      return (await fetch(`http://${host}:${port}/`)).text();
    };
    const began = performance.now();
    const one = await target.deploy(first, SAFE, run);
    process.stderr.write(`first deployment: ${Math.round(performance.now() - began)} ms\n`);
    expect(await shown(one)).toBe('1\n1\n');
    const two = await target.deploy({ ...first, generation: 2, deploymentId: 'd2' }, SAFE, run);
    expect(await shown(two)).toBe('2\n2\n');
    await target.destroy(one.handle, run);

    const { sleep } = target.capabilities;
    await sleep?.stop(two.handle, run);
    const slept = performance.now();
    const reach = await sleep?.wake(two.handle, run);
    process.stderr.write(`wake: ${Math.round(performance.now() - slept)} ms\n`);
    expect(await shown({ reach })).toBe('3\n3\n');

    const inside = (...command: readonly string[]) =>
      docker('exec', two.handle.container ?? '', ...command).catch((error: Error) => error.message);
    expect(await inside('psql', 'postgres://preview:wrong@db/preview', '-c', 'select 1')).toMatch(
      /password authentication failed/,
    );
    expect(await inside('redis-cli', '-h', 'cache', 'get', 'starts')).toMatch(/NOAUTH/);
    // Neither runs as root.
    for (const name of ['postgres', 'redis-server']) {
      const [id = ''] = (
        await docker(
          'ps',
          '--quiet',
          '--filter',
          `label=vitrine.database-image=docker.io/library/${name.split('-')[0] ?? ''}:0-debian`,
        )
      ).split('\n');
      const users = await docker('top', id, '-eo', 'pid,uid,comm');
      expect(users).toMatch(new RegExp(`999 +${name}`));
    }
    await target.destroy(two.handle, run);
    const left = ['ps --all', 'volume ls', 'network ls'].map((what) =>
      docker(...what.split(' '), '--quiet', '--filter', 'label=vitrine.server=http://vitrine.test'),
    );
    expect(await Promise.all(left)).toEqual(['', '', '']);
  });
}
