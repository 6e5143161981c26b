import { expect, test } from '@jest/globals';
import { eventually } from '../../../demo/expect.js';
import { findEngine } from '../../../app/engine/address.js';
import { createDockerEngine } from '../../../app/engine/docker-engine.js';
import { createDockerTarget } from '../../../src/targets/docker/docker.js';
import type { Run } from '../../../src/targets/target.js';
import { release } from '../../support/builders.js';
import { dockerImage, isThrownAway } from '../../support/docker-images.js';
import { dockerParts } from '../../support/docker-parts.js';
import { startOwnEngine } from '../../support/own-engine.js';
import { savedFile } from '../../support/saved-image.js';

/** Needs root, and the network namespace of a throw-away engine: CONTRIBUTING.md says how to start one. */
const testAlone = isThrownAway ? test : test.skip;

const COUNT = 6;

const run: Run = {
  ...{ credentials: undefined, variables: {}, secrets: {}, visit: async () => 200, fetch: globalThis.fetch },
  log: () => undefined,
  signal: new AbortController().signal,
};

testAlone('after an engine was killed and started again, each preview is where it was', async () => {
  const images = [];
  for (let number = 0; number < COUNT; number += 1)
    images.push(await dockerImage(['serve', `Number ${String(number)}`], ['EXPOSE 3000']));
  const files = await Promise.all(images.map(savedFile));
  await using own = await startOwnEngine();
  for (const { path, remove } of files) {
    await own.docker('load', '--input', path);
    await remove();
  }
  const found = findEngine(own.dockerHost);
  if ('missing' in found) throw new Error(found.missing);
  const engine = createDockerEngine(found.address);
  const target = createDockerTarget(dockerParts({ engine: { ...engine, pullImage: async () => undefined } }));
  const previews = await Promise.all(
    images.map((reference, number) => {
      const image = { kind: 'external', reference, auth: null } as const;
      const slug = `pr-${String(number)}-site`;
      return target.deploy(release({ image, slug }), { writable: false, root: false }, run);
    }),
  );
  const pages = () =>
    Promise.all(
      previews.map(async ({ reach }) => {
        const { host, port } = reach as { host: string; port: number };
        return fetch(`http://${host}:${String(port)}/`).then(
          (page) => page.text(),
          () => 'away',
        );
      }),
    );
  const expected = images.map((_, number) => `<h1>Number ${String(number)}</h1>\n`);
  expect(await pages()).toEqual(expected);
  for (let times = 0; times < 3; times += 1) {
    await own.kill();
    await own.start();
    // None of them ever shows another one.
    await eventually(
      async () => {
        const seen = await pages();
        for (const [at, page] of seen.entries()) expect(['away', expected[at]]).toContain(page);
        return seen.filter((page) => page !== 'away').length;
      },
      { until: (there) => there === COUNT, otherwise: 'The previews should run again.' },
    );
  }
  for (const { handle } of previews) await target.destroy(handle, run);
  expect(await own.docker('volume', 'ls', '--quiet')).toBe('');
});
