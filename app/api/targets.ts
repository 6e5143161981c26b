import type { LeakView, targets } from '../../src/contract/targets.js';
import { findLeaks, type Leak, placeOf } from '../../src/deployments/leaks.js';
import type { Environment, Resource } from '../../src/environments/model.js';
import { type Handlers, isoOrNull } from './handler.js';

/** More than an operator reads; a server that leaks more is broken in another way. */
const MOST = 1_000;

export const targetHandlers: Handlers<typeof targets> = {
  async listTargets({ targets: all, targetsOff }) {
    const on = [...all.values()].map(({ name, takes, runner = null }) => ({
      ...{ name, on: true, reason: null },
      ...{ takes, runner },
    }));
    const off = [...targetsOff].map(([name, reason]) => ({
      ...{ name, on: false, reason },
      ...{ takes: null, runner: null },
    }));
    return { items: [...on, ...off], nextCursor: null };
  },
  async listLeaks(ports) {
    const items: LeakView[] = [];
    for (const environment of await ports.environments.withAbandoned(MOST))
      items.push(...abandonedIn(environment));
    for await (const leak of findLeaks(ports)) {
      if (items.length >= MOST) break;
      items.push(presentLeak(leak));
    }
    return { items, nextCursor: null };
  },
};

function presentLeak({ target, handle }: Leak): LeakView {
  const place = placeOf(handle);
  return {
    target: target.name,
    kind: 'unnamed',
    namespace: place?.slug ?? null,
    generation: place?.generation ?? null,
    url: null,
    since: null,
    handle,
  };
}

function abandonedIn({ slug, resources }: Environment): LeakView[] {
  return resources.flatMap((resource) =>
    resource.cleanup?.abandonedAt ? [presentAbandoned(slug, resource)] : [],
  );
}

function presentAbandoned(
  namespace: string,
  { target, generation, reach, handle, cleanup }: Resource,
): LeakView {
  return {
    target,
    kind: 'abandoned',
    namespace,
    generation,
    url: reach?.kind === 'elsewhere' ? reach.url : null,
    since: isoOrNull(cleanup?.abandonedAt ?? null),
    handle,
  };
}
