import { open } from 'node:fs/promises';

export interface DirectorySync {
  sync(path: string): Promise<void>;
}

/**
 * A rename is durable only when its directory is synced. Writers that wait for the same directory share the next sync: the one that runs
 * may have begun before their rename.
 */
export function createDirectorySync(): DirectorySync {
  const running = new Map<string, Promise<void>>();
  const next = new Map<string, Promise<void>>();

  const start = (path: string): Promise<void> => {
    next.delete(path);
    const run = syncDirectory(path).finally(() => running.delete(path));
    running.set(path, run);
    return run;
  };

  return {
    sync(path) {
      const waiting = next.get(path);
      if (waiting !== undefined) return waiting;
      const current = running.get(path);
      if (current === undefined) return start(path);
      const following = current.then(
        () => start(path),
        () => start(path),
      );
      next.set(path, following);
      return following;
    },
  };
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
