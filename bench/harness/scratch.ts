import { chmod, mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Folders of one run, gone after it. */
export interface Scratch {
  /** In memory where the machine has that: trees of files, so that no disk is measured by accident. */
  memory(name: string): Promise<string>;
  /** On the disk: databases, whose promise is to reach it. */
  disk(name: string): Promise<string>;
  remove(): Promise<void>;
}

const MEMORY = '/dev/shm';
const ENOUGH = 2 * 1024 ** 3;

export async function createScratch(): Promise<Scratch> {
  const disk = await mkdtemp(join(tmpdir(), 'vitrine-bench-'));
  const memory = (await hasRoom(MEMORY)) ? await mkdtemp(join(MEMORY, 'vitrine-bench-')) : disk;
  // A web server may run as another user.
  await chmod(memory, 0o755);
  let count = 0;
  const inside = async (root: string, name: string): Promise<string> => {
    const path = join(root, `${name}-${(count += 1)}`);
    await mkdir(path, { recursive: true });
    return path;
  };
  return {
    memory: (name) => inside(memory, name),
    disk: (name) => inside(disk, name),
    async remove() {
      await rm(disk, { recursive: true, force: true });
      await rm(memory, { recursive: true, force: true });
    },
  };
}

async function hasRoom(folder: string): Promise<boolean> {
  const room = await statfs(folder).catch(() => null);
  return room !== null && room.bavail * room.bsize > ENOUGH;
}
