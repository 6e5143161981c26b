import type { DeploymentStore } from '../../src/deployments/store.js';
import { listedEnvironments } from '../../src/environments/list.js';
import { isNewest } from '../../src/environments/model.js';
import type { EnvironmentStore, StoredEnvironment } from '../../src/environments/store.js';
import { VitrineError } from '../../src/shared/errors.js';
import {
  COMMAND_TARGET,
  type CommandHandle,
  type CommandRecords,
  type StaticHandle,
  type StaticHosting,
} from '../../src/targets/registry.js';
import type { ArtifactStore } from '../../src/uploads/store.js';

interface HostingPorts {
  readonly environments: EnvironmentStore;
  readonly deployments: DeploymentStore;
  readonly artifacts: ArtifactStore;
}

/**
 * Published directories have no list of their own: previews are served from the resources that the environment document names.
 * Removing a resource from the document unpublishes it.
 */
export function createHosting(ports: HostingPorts): StaticHosting {
  return {
    async publish(handle) {
      const environment = await ports.environments.bySlug(handle.slug);
      if (!environment || !isNewest(environment, handle.generation)) {
        throw new VitrineError('stale_head', 'This deployment was overtaken: it was not made live.');
      }
      const artifact = await ports.artifacts.findByRoot({
        projectId: handle.projectId,
        root: handle.artifact,
      });
      if (!artifact?.complete) {
        throw new VitrineError('not_found', 'The upload is not complete: send the missing files first.');
      }
      return environment.url;
    },
    // The teardown removes the resource from the environment; the sweep deletes the files.
    async unpublish() {
      return Promise.resolve();
    },
    async find(slug) {
      const environment = await ports.environments.bySlug(slug);
      return environment ? newestOf(handlesOf(environment)) : null;
    },
    list: () => listHandles(ports),
  };
}

/** What workflow runs said that their commands made: the documents are the only list of it. */
export function createCommandRecords({ environments }: Pick<HostingPorts, 'environments'>): CommandRecords {
  const handlesIn = ({ resources }: StoredEnvironment): CommandHandle[] =>
    resources
      .filter(({ target, doomed, handle }) => target === COMMAND_TARGET && !doomed && handle !== null)
      .map(({ handle }) => handle as CommandHandle);
  return {
    async find(slug) {
      const environment = await environments.bySlug(slug);
      return environment ? newestOf(handlesIn(environment)) : null;
    },
    async *list() {
      for await (const environment of listedEnvironments({ environments }, { activeOnly: true }))
        yield* handlesIn(environment);
    },
  };
}

/** Resources without a reach are not made yet. */
function handlesOf(environment: StoredEnvironment): StaticHandle[] {
  return environment.resources
    .filter(({ doomed }) => !doomed)
    .flatMap(({ reach, generation }) =>
      reach?.kind === 'files'
        ? [{ slug: environment.slug, generation, projectId: environment.projectId, artifact: reach.root }]
        : [],
    );
}

/** Resources are in the order of their last write, so the generation decides. */
function newestOf<Handle extends { readonly generation: number }>(handles: readonly Handle[]): Handle | null {
  return handles.reduce<Handle | null>(
    (newest, handle) => (newest === null || handle.generation > newest.generation ? handle : newest),
    null,
  );
}

async function* listHandles(ports: HostingPorts): AsyncGenerator<StaticHandle> {
  for await (const environment of listedEnvironments(ports, { activeOnly: true }))
    yield* handlesOf(environment);
}
