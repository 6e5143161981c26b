import { readdir, readFile } from 'node:fs/promises';

interface Watch {
  /** Resolves, in words, when the processes use more. Never on systems that do not tell. */
  readonly exceeded: Promise<string>;
  stop(): void;
}

const LOOK_MS = 200;

/** Looks at what the processes of a group use together: a limit of the system counts each of them by itself. */
export function watchMemory({ group, mostBytes }: { group: number; mostBytes: number }): Watch {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const exceeded = new Promise<string>((resolve) => {
    const look = async (): Promise<void> => {
      const used = await memoryOf(group);
      if (used > mostBytes)
        return resolve(`it used more than ${String(mostBytes / 1024 ** 2)} MiB of memory`);
      if (!stopped) timer = setTimeout(() => void look(), LOOK_MS);
    };
    if (process.platform === 'linux') void look();
  });
  return {
    exceeded,
    stop: () => {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

async function memoryOf(group: number): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const sizes = await Promise.all(pids.map((pid) => memoryIn(pid, group)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** https://man7.org/linux/man-pages/man5/proc_pid_status.5.html: its own memory, and what it shares with others of the group. */
async function memoryIn(pid: string, group: number): Promise<number> {
  const stats = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  const [, , groupOfPid] = stats.slice(stats.lastIndexOf(')') + 2).split(' ');
  if (groupOfPid !== String(group)) return 0;
  const status = await readFile(`/proc/${pid}/status`, 'latin1').catch(() => '');
  const found = [...status.matchAll(/^Rss(?:Anon|Shmem):\s+(\d+) kB$/gm)];
  return found.reduce((sum, [, kilobytes]) => sum + Number(kilobytes) * 1024, 0);
}
