import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { ROOT } from '../support/architecture/read-sources.js';
import { docker, imageIds, hasDocker, importNode, realEngine } from '../support/docker-images.js';

const run = promisify(execFile);

/** Of a name of its own: the engine of a developer may have the usual one. */
const NODE_IMAGE = 'vitrine-test-demo:{version}';

async function played(): Promise<{ readonly said: string; readonly last: unknown }> {
  const { stdout } = await run(process.execPath, [join(ROOT, 'build/demo/main.js'), '--once'], {
    env: { ...process.env, NODE_IMAGE },
    maxBuffer: 16 * 1024 ** 2,
  });
  return { said: stdout, last: JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') };
}

/** Needs a Docker engine of its own: CONTRIBUTING.md says how to start one for this. */
if (!hasDocker) test.skip('the demo in containers: DOCKER_HOST names no engine', () => undefined);
else
  test('the demo runs its program in a container where the engine has the base image, and leaves nothing of it', async () => {
    const reference = NODE_IMAGE.replace('{version}', '24');
    await importNode(reference);
    const images = await imageIds();
    const { said, last } = await played();
    expect(said).toContain(`programs run in containers of ${reference}`);
    expect(last).toMatchObject({ ok: true, guestbook: { visitsDuringPush: expect.any(Number) } });
    const engine = realEngine();
    expect(await engine.containers({ 'vitrine.target': 'node' })).toEqual([]);
    expect(await imageIds()).toEqual(images);
    await docker('image', 'rm', reference);
  }, 180_000);
