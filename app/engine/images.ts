import { z } from 'zod';
import type { ContainerEngine } from '../../src/targets/docker/engine.js';
import { filterOf, isDone, LabelsOf, unlessGone, unlessUsed } from './answers.js';
import type { EngineConnection } from './connection.js';
import { type MayPullFrom, partsOf, pullImage } from './pull-image.js';

type Images = Pick<ContainerEngine, 'pullImage' | 'image' | 'images' | 'commitContainer' | 'removeImage'>;

export function imagesOf(connection: EngineConnection, mayPullFrom: MayPullFrom): Images {
  return {
    pullImage: (pull) => pullImage({ connection, mayPullFrom }, pull),
    async image(reference) {
      const path = `/images/${encodeURIComponent(reference)}/json`;
      const found = await unlessGone(connection.read({ method: 'GET', path }));
      if (found === null) return null;
      const { Id, Os, Architecture, Config } = Image.parse(found);
      return {
        id: Id,
        exposedPorts: Object.keys(Config?.ExposedPorts ?? {}),
        user: Config?.User ?? '',
        env: Config?.Env ?? [],
        os: Os,
        architecture: Architecture,
      };
    },
    async images(labels) {
      const query = { filters: filterOf(labels) };
      const all = await connection.read({ method: 'GET', path: '/images/json', query });
      return z
        .array(Listed)
        .parse(all)
        .map(({ Id, Labels }) => ({ id: Id, labels: Labels }));
    },
    async commitContainer(container, { reference, config, signal }) {
      const { name, version } = partsOf(reference);
      const query = { container, repo: name, tag: version ?? 'latest', pause: 'false' };
      const asked = { query, body: config, signal, patienceMs: COMMIT_MS };
      (await connection.send({ method: 'POST', path: '/commit', ...asked })).resume();
    },
    async removeImage(reference) {
      const path = `/images/${encodeURIComponent(reference)}`;
      return isDone(unlessUsed(connection.send({ method: 'DELETE', path })));
    },
  };
}

/** The engine packs every file that was put into the container. */
const COMMIT_MS = 10 * 60_000;

const Image = z.object({
  Id: z.string(),
  Os: z.string().default(''),
  Architecture: z.string().default(''),
  Config: z
    .object({
      ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
      User: z.string().nullish(),
      Env: z.array(z.string()).nullish(),
    })
    .nullish(),
});

const Listed = z.object({ Id: z.string(), Labels: LabelsOf });
