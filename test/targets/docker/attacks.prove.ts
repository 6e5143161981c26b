import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createDockerTarget } from '../../../src/targets/docker/docker.js';
import type { Run } from '../../../src/targets/target.js';
import { ROOT } from '../../support/architecture/read-sources.js';
import { release } from '../../support/builders.js';
import { docker, dockerImage, emptyEngine, isThrownAway, realEngine } from '../../support/docker-images.js';
import { dockerParts } from '../../support/docker-parts.js';

const GOLDEN = JSON.parse(
  readFileSync(join(ROOT, 'test/fixtures/docker/host-config.json'), 'utf8'),
) as Record<string, unknown>;

const run: Run = {
  ...{ credentials: undefined, variables: {}, secrets: {}, fetch: globalThis.fetch, visit: async () => 200 },
  ...{ log: () => undefined, signal: new AbortController().signal },
};
const execute = promisify(execFile);

async function attack() {
  const engine = realEngine();
  const target = createDockerTarget(dockerParts({ engine }));
  const start = async (slug: string) => {
    const reference = await dockerImage(['serve', slug], ['EXPOSE 3000']);
    const image = { kind: 'external', reference, auth: null } as const;
    const program = { ...release().program, memoryBytes: 128 * 1024 ** 2 };
    const deployed = await target.deploy(
      release({ slug, deploymentId: slug, image, program }),
      { writable: false, root: false },
      run,
    );
    const { container: id } = deployed.handle;
    if (id === null) throw new Error('There is no container.');
    /** Runs a script inside, as the program could. Answers what it printed and its exit code. */
    const inside = (script: string) =>
      execute('docker', ['exec', id, 'sh', '-c', script], { timeout: 60_000 }).then(
        ({ stdout }) => ({ code: 0, text: stdout }),
        ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({
          code,
          text: stdout + stderr,
        }),
      );
    const isWell = async () => (await target.inspect(deployed.handle, run)).state;
    return { id, inside, isWell };
  };
  const [villain, neighbour] = [await start('villain'), await start('neighbour')];
  return { engine, villain, neighbour };
}

if (!isThrownAway) test.skip('attacks: there is no throw-away engine', () => undefined);
else
  describe('a container that attacks', () => {
    let ground: Awaited<ReturnType<typeof attack>>;
    beforeAll(async () => {
      ground = await attack();
    });
    afterAll(() => emptyEngine(ground.engine));

    test('runs as the golden file says', async () => {
      const { villain } = ground;
      const [seen] = JSON.parse(await docker('inspect', villain.id)) as [
        { HostConfig: Record<string, unknown>; Config: { User: string }; Mounts: unknown[] },
      ];
      const memory = 128 * 1024 ** 2;
      // Network and ports are of their container; the limit of memory is a smaller one here.
      const ofContainer = ['NetworkMode', 'PortBindings', 'Memory', 'MemorySwap'];
      const wanted = Object.entries(GOLDEN).filter(([key]) => !ofContainer.includes(key));
      expect(seen.HostConfig).toMatchObject({
        ...Object.fromEntries(wanted),
        ...{ Memory: memory, MemorySwap: memory },
      });
      expect([seen.Config.User, seen.Mounts]).toEqual(['65532:65532', []]);
      expect((await villain.inside('id -u; grep CapEff /proc/self/status')).text).toMatch(
        /65532\nCapEff:\t0000000000000000/,
      );
    });

    test('with a fork bomb gets 256 processes', async () => {
      const { villain, neighbour } = ground;
      const { text } = await villain.inside(
        'for n in $(seq 400); do sleep 5 & done 2>&1; ls -d /proc/[0-9]* | wc -l',
      );
      const processes = Number(text.trim().split('\n').at(-1));
      expect([text.includes("can't fork") || processes < 400, await neighbour.isWell()]).toEqual([
        true,
        'live',
      ]);
    });

    test('with 2 GiB of memory is stopped at its limit', async () => {
      const { villain, neighbour } = ground;
      const { code } = await villain.inside('exec tail -c 2147483648 /dev/zero >/dev/null');
      expect(code).not.toBe(0);
      expect(await neighbour.isWell()).toBe('live');
    });

    test('writes neither to its root nor more than 64 MiB to /tmp, and executes nothing there', async () => {
      const { inside } = ground.neighbour;
      expect((await inside('echo x >/srv/x')).text).toMatch(/Read-only file system/);
      expect(
        (await inside('dd if=/dev/zero of=/tmp/full bs=1M count=200 2>&1; rm -f /tmp/full')).text,
      ).toMatch(/No space left/);
      expect((await inside('cp /bin/busybox /tmp/b && /tmp/b true')).text).toMatch(/Permission denied/i);
    });

    test('reaches neither the metadata service, nor this machine, nor another preview', async () => {
      // The other one may still be full of processes.
      const { villain, neighbour: asker } = ground;
      const server = createServer((_request, response) => response.end('secret of the machine'));
      await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
      const { port } = server.address() as AddressInfo;
      await execute('ip', ['address', 'add', '169.254.169.254/32', 'dev', 'lo']);
      try {
        const asking = (address: string) =>
          asker.inside(
            `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 ${address.replace(':', ' ')} | tail -n 1 | grep .`,
          );
        const gateway = (
          await asker.inside("ip route | sed -n 's/default via \\([0-9.]*\\).*/\\1/p'")
        ).text.trim();
        const other = await docker(
          ...['inspect', villain.id, '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'],
        );
        // So that what follows is the work of the rules.
        expect((await asking(`169.254.169.254:${port}`)).text.trim()).toBe('secret of the machine');
        await execute(join(ROOT, 'scripts/container-firewall.sh'), ['10.213.0.0/16']);
        await execute(join(ROOT, 'scripts/container-firewall.sh'), ['10.213.0.0/16']);
        for (const address of [`169.254.169.254:${port}`, `${gateway}:${port}`, `${other}:3000`])
          expect({ address, reached: (await asking(address)).code === 0 }).toEqual({
            address,
            reached: false,
          });
        expect([await asker.isWell(), await villain.isWell()]).toEqual(['live', 'live']);
      } finally {
        await execute('ip', ['address', 'del', '169.254.169.254/32', 'dev', 'lo']);
        server.close();
      }
    });
  });
