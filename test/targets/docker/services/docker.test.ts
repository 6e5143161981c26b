import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ServiceSettings } from '../../../../src/shared/services.js';
import { createDockerTarget } from '../../../../src/targets/docker/docker.js';
import type { Deployed, Release, Run } from '../../../../src/targets/target.js';
import type { ContainerHandle } from '../../../../src/targets/docker/resource.js';
import { release as releaseWith } from '../../../support/builders.js';
import { buildStandInForRedis } from '../../../support/docker-databases.js';
import { docker, dockerImage, emptyEngine, hasDocker, realEngine } from '../../../support/docker-images.js';
import { dockerParts } from '../../../support/docker-parts.js';

const CACHE: ServiceSettings = { name: 'cache', kind: 'redis', version: '0-test' };
const SAFE = { writable: false, root: false };
/** Shows what the database answered when the program started. A static busybox asks for names by nslookup only. */
const SHOW = `sh -c "${[
  "at=$(nslookup cache | awk '/^Address: /{print $2; exit}')",
  'mkdir -p /tmp/www; wget -qO /tmp/www/index.html http://$at:6379/starts',
  'exec httpd -f -p 0.0.0.0:$PORT -h /tmp/www',
].join('; ')}"`;

const lines: string[] = [];
const run: Run = {
  ...{ credentials: undefined, variables: {}, secrets: {}, fetch: globalThis.fetch, visit: async () => 200 },
  ...{ log: (line) => void lines.push(line), signal: new AbortController().signal },
};

async function open() {
  await buildStandInForRedis('redis:0-test');
  const engine = realEngine();
  const reference = await dockerImage(['serve', 'Hello'], ['EXPOSE 3000']);
  const releaseOf = (changes: Partial<Release> = {}, start: string | null = SHOW) =>
    releaseWith({
      image: { kind: 'external', reference, auth: null },
      services: [CACHE],
      program: { ...releaseWith().program, start },
      ...changes,
    });
  return { engine, target: createDockerTarget(dockerParts({ engine })), releaseOf };
}

const pageOf = async ({ reach }: Pick<Deployed<ContainerHandle>, 'reach'>) => {
  const { host, port } = reach as { kind: 'upstream'; host: string; port: number };
  return (await fetch(`http://${host}:${port}/`)).text();
};

/** Needs a Docker engine of its own: CONTRIBUTING.md says how to start one for this. */
if (!hasDocker) test.skip('databases: DOCKER_HOST names no engine', () => undefined);
else
  describe('databases in a real engine', () => {
    let ground: Awaited<ReturnType<typeof open>>;
    beforeAll(async () => {
      ground = await open();
    });
    afterAll(() => emptyEngine(ground.engine));
    const named = async (name: string) =>
      (
        await docker(
          ...name.split(' '),
          '--filter',
          'label=vitrine.server=http://vitrine.test',
          '--filter',
          'label=vitrine.role=database',
          '--quiet',
        )
      )
        .split('\n')
        .filter((line) => line !== '');
    const held = async () => [await named('ps --all'), await named('network ls'), await named('volume ls')];

    test('a push keeps data and container, sleep and wake keep the data, and nothing is left at the end', async () => {
      const { target, releaseOf, engine } = ground;
      await engine.createVolume({ name: 'vitrine-test-theirs', labels: {} });
      const first = await target.deploy(releaseOf(), SAFE, run);
      expect(await pageOf(first)).toBe('started\n');
      const [container] = await named('ps --all');
      const next = releaseOf({ generation: 2, deploymentId: 'd2' });
      const second = await target.deploy(next, SAFE, run);
      expect(await pageOf(second)).toBe('started\n');
      await target.destroy(first.handle, run);
      expect(await named('ps --all')).toEqual([container]);

      const { sleep } = target.capabilities;
      await sleep?.stop(second.handle, run);
      expect(await named('ps')).toEqual([]);
      const reach = await sleep?.wake(second.handle, run);
      expect(await pageOf({ reach: reach ?? second.reach })).toBe('started\nstarted\n');
      expect(await named('ps')).toEqual([container]);

      await target.destroy(second.handle, run);
      expect(await held()).toEqual([[], [], []]);
      expect((await docker('volume', 'ls', '--quiet')).split('\n')).toContain('vitrine-test-theirs');
      await engine.removeVolume('vitrine-test-theirs');
      expect(await docker('images', '--quiet', 'redis:0-test')).not.toBe('');
    });

    test('a first deployment that fails leaves nothing', async () => {
      const { target, releaseOf } = ground;
      await expect(target.deploy(releaseOf({}, 'fail 3 "It broke."'), SAFE, run)).rejects.toThrow(
        'exit code 3',
      );
      expect(await held()).toEqual([[], [], []]);
      expect(lines).toContain('  It broke.');
    });

    test('a database is reached by the programs of its environment and by nobody else, and reaches nothing', async () => {
      const { target, releaseOf } = ground;
      const own = await target.deploy(releaseOf(), SAFE, run);
      const other = await target.deploy(
        releaseOf({ slug: 'pr-2-hello', deploymentId: 'other', services: [] }, null),
        SAFE,
        run,
      );
      const [container = ''] = await named('ps');
      const [seen] = JSON.parse(await docker('inspect', container)) as [Inspected];
      expect(seen.NetworkSettings.Ports).toEqual({});
      expect(seen.HostConfig).toMatchObject({ CapDrop: ['ALL'], Privileged: false, Memory: 128 * 1024 ** 2 });
      const [{ IPAddress }] = Object.values(seen.NetworkSettings.Networks) as [{ IPAddress: string }];
      const ask = (from: string, url: string) =>
        docker('exec', from, 'timeout', '3', 'wget', '-qO-', url).catch(() => 'not reached');
      expect(await ask(own.handle.container ?? '', `http://${IPAddress}:6379/starts`)).toBe('started');
      expect(await ask(other.handle.container ?? '', `http://${IPAddress}:6379/starts`)).toBe('not reached');
      const gateway = (await docker('exec', container, 'ip', 'route')).split('\n');
      expect(gateway.filter((route) => route.startsWith('default'))).toEqual([]);
      for (const { handle } of [own, other]) await target.destroy(handle, run);
      expect(await held()).toEqual([[], [], []]);
    });

    test('with another database the ones that stay are reached in the newer network too, and wake there', async () => {
      const { target, releaseOf } = ground;
      const first = await target.deploy(releaseOf(), SAFE, run);
      const services: ServiceSettings[] = [CACHE, { ...CACHE, name: 'queue' }];
      const next = releaseOf({ generation: 2, deploymentId: 'd2', services });
      const second = await target.deploy(next, SAFE, run);
      expect(await pageOf(second)).toBe('started\n');
      await target.destroy(first.handle, run);
      // The engine does not start the first database without the network that it was made in.
      expect((await named('network ls')).length).toBe(2);
      const { sleep } = target.capabilities;
      await sleep?.stop(second.handle, run);
      const reach = await sleep?.wake(second.handle, run);
      expect(await pageOf({ reach: reach ?? second.reach })).toBe('started\nstarted\n');
      await target.destroy(second.handle, run);
      expect(await held()).toEqual([[], [], []]);
    });
  });

interface Inspected {
  readonly HostConfig: Record<string, unknown>;
  readonly NetworkSettings: {
    readonly Ports: Record<string, unknown>;
    readonly Networks: Record<string, { readonly IPAddress: string }>;
  };
}
