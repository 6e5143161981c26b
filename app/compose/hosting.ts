import type { DeploymentStore } from '../../src/deployments/store.js';
import { listedEnvironments } from '../../src/environments/list.js';
import { isNewest } from '../../src/environments/model.js';
import type { EnvironmentStore, StoredEnvironment } from '../../src/environments/store.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { StaticHandle, StaticHosting } from '../../src/targets/registry.js';
import type { ArtifactStore } from '../../src/uploads/store.js';

interface HostingPorts {
  readonly environments: EnvironmentStore;
  readonly deployments: DeploymentStore;
  readonly artifacts: ArtifactStore;
}

/**
 * Published directories are not a list of their own: an environment names what it holds, and serving follows the names.
 * So nothing can be published that the environment does not know of, and forgetting the name takes it down.
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
    // The environment has let go of the name already, or will in the same step; the files go with the sweep.
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

/** What is only intended has no handle yet. */
function handlesOf(environment: StoredEnvironment): StaticHandle[] {
  return environment.resources
    .filter(({ artifactRoot, doomed, handle }) => artifactRoot !== null && !doomed && handle !== null)
    .map(({ artifactRoot, generation }) => ({
      slug: environment.slug,
      generation,
      projectId: environment.projectId,
      artifact: artifactRoot ?? '',
    }));
}

/** Resources stand in the order in which they were written down last. */
function newestOf(handles: readonly StaticHandle[]): StaticHandle | null {
  return handles.reduce<StaticHandle | null>(
    (newest, handle) => (newest === null || handle.generation > newest.generation ? handle : newest),
    null,
  );
}

async function* listHandles(ports: HostingPorts): AsyncGenerator<StaticHandle> {
  for await (const environment of listedEnvironments(ports, { activeOnly: true }))
    yield* handlesOf(environment);
}
