import { existsSync } from 'node:fs';
import { access, constants, mkdtemp, readFile, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const ENOUGH_BYTES = 4 * 1024 ** 3;

/**
 * A folder for everything that the tests write. Files in memory survive a killed process as well as files on a disk do, and a
 * test that waits for a hundred writes to reach a busy disk says nothing about us: so memory is taken where there is plenty.
 */
export async function scratch() {
  return mkdtemp(join((await memoryIsThere()) ? MEMORY : tmpdir(), 'vitrine-tests-'));
}

async function memoryIsThere() {
  if (!existsSync(MEMORY) || !existsSync('/proc/self/mounts')) return false;
  try {
    await access(MEMORY, constants.W_OK);
    const { bavail, bsize } = await statfs(MEMORY);
    return bavail * bsize >= ENOUGH_BYTES && !(await cannotRunPrograms());
  } catch {
    return false;
  }
}

async function cannotRunPrograms() {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  const options = mounts.find(([, path]) => path === MEMORY)?.[3] ?? 'noexec';
  return options.split(',').includes('noexec');
}
