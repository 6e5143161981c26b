import { isActive } from './model.js';
import type { EnvironmentFilter, EnvironmentPorts, StoredEnvironment } from './store.js';

type Ports = EnvironmentPorts;

const PAGE = 100;

/** Every active environment, page by page. */
export async function* activeEnvironments(
  ports: Pick<Ports, 'environments'>,
  scope: Pick<EnvironmentFilter, 'repoId'> = {},
): AsyncGenerator<StoredEnvironment> {
  for await (const environment of listedEnvironments(ports, { ...scope, activeOnly: true })) {
    if (isActive(environment)) yield environment;
  }
}

export async function* listedEnvironments(
  ports: Pick<Ports, 'environments'>,
  filter: EnvironmentFilter,
): AsyncGenerator<StoredEnvironment> {
  let cursor: string | undefined;
  do {
    const page = await ports.environments.list(filter, { limit: PAGE, ...(cursor ? { cursor } : {}) });
    yield* page.items;
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
}
