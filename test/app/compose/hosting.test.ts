import { expect, test } from '@jest/globals';
import { createHosting } from '../../../app/compose/hosting.js';
import type { Ports } from '../../../app/ports.js';
import type { Resource } from '../../../src/environments/model.js';
import type { StoredEnvironment } from '../../../src/environments/store.js';
import { VitrineError } from '../../../src/shared/errors.js';
import {
  createStaticTarget,
  type StaticHandle,
  type StaticHosting,
} from '../../../src/targets/static/static.js';
import { testTarget } from '../../contracts/target-contract.js';
import { release } from '../../support/builders.js';
import { createMemoryArtifactStore } from '../../support/memory-artifact-store.js';

interface Shown {
  readonly slug: string;
  readonly url: string;
  readonly projectId: string;
  generation: number;
  resources: Resource[];
}

const rootOf = (generation: number) => String(generation % 10).repeat(64);
const resourceOf = (generation: number, handle: unknown): Resource => ({
  target: 'static',
  generation,
  deploymentId: `d${generation}`,
  artifactRoot: rootOf(generation),
  reach: handle === null ? null : { kind: 'files', root: rootOf(generation) },
  doomed: false,
  handle,
});

/** The real hosting over environments that are lists: the core writes down what was published, here the hosting itself does. */
function setUp() {
  const environments = new Map<string, Shown>();
  const artifacts = createMemoryArtifactStore();
  const stored = (shown: Shown | undefined) => (shown ?? null) as unknown as StoredEnvironment | null;
  const store: Partial<Ports['environments']> = {
    bySlug: async (slug) => stored(environments.get(slug)),
    list: async () => ({
      items: [...environments.values()].map((shown) => stored(shown) as StoredEnvironment),
      nextCursor: null,
    }),
  };
  const hosting = createHosting({ environments: store, artifacts } as unknown as Ports);
  const faults: ('retriable' | 'final')[] = [];
  const writesDown: StaticHosting = {
    ...hosting,
    async publish(handle, options) {
      const fault = faults.shift();
      if (fault === 'retriable') throw new VitrineError('unavailable', 'The database is away: try again.');
      const wanted = fault === 'final' ? { ...handle, artifact: 'f'.repeat(64) } : handle;
      const url = await hosting.publish(wanted, options);
      const shown = environments.get(handle.slug);
      if (shown) shown.resources = [resourceOf(handle.generation, handle)];
      return url;
    },
    async unpublish(handle) {
      const shown = environments.get(handle.slug);
      if (shown) shown.resources = shown.resources.filter(({ generation }) => generation > handle.generation);
      await hosting.unpublish(handle);
    },
  };
  const begin = (slug: string, generation: number) => {
    const url = `http://${slug}.localhost:3000`;
    const shown = environments.get(slug) ?? { slug, url, projectId: 'p1', generation, resources: [] };
    shown.generation = Math.max(shown.generation, generation);
    environments.set(slug, shown);
    return shown;
  };
  return { hosting, writesDown, artifacts, begin, faults };
}

testTarget({
  name: 'static over the hosting of this server',
  badOptions: [null, { spa: 'yes' }],
  async create() {
    const { writesDown, artifacts, begin, faults } = setUp();
    return {
      target: createStaticTarget({ hosting: writesDown }),
      async release(slug: string, generation: number) {
        begin(slug, generation);
        const artifact = rootOf(generation);
        await artifacts.save({ projectId: 'p1', root: artifact, files: [], complete: true });
        return release({ slug, generation, artifact });
      },
      options: { spa: false },
      credentials: {},
      secrets: [],
      failNext: (kind: 'retriable' | 'final') => void faults.push(kind),
      visit: async () => 200,
    };
  },
});

test('what is only intended is not shown, and of several the newest generation is, in whatever order they stand', async () => {
  const { hosting, begin } = setUp();
  const shown = begin('pr-1-hello', 3);
  shown.resources = [resourceOf(2, { of: 2 }), resourceOf(1, { of: 1 }), resourceOf(3, null)];
  expect(await hosting.find('pr-1-hello')).toMatchObject({ generation: 2, artifact: rootOf(2) });
  const listed: StaticHandle[] = [];
  for await (const handle of hosting.list()) listed.push(handle);
  expect(listed.map(({ generation }) => generation)).toEqual([2, 1]);
  shown.resources = [resourceOf(3, null)];
  expect(await hosting.find('pr-1-hello')).toBeNull();
});
