import { readFile, writeFile } from 'node:fs/promises';

/** The memory of a process. The kernel keeps the highest value itself, so that no peak is missed. Linux only. */
export interface Memory {
  /** What the process holds now is where its growth is counted from. */
  rest(): Promise<void>;
  /** The most that it has held since then, above what it held then, in bytes. */
  growth(): Promise<number>;
}

export function memoryOf(pid: number): Memory {
  let idle = 0;
  return {
    async rest() {
      // https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html
      await writeFile(`/proc/${String(pid)}/clear_refs`, '5');
      idle = await read(pid, 'VmRSS');
    },
    growth: async () => (await read(pid, 'VmHWM')) - idle,
  };
}

async function read(pid: number, name: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8');
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kibibytes === undefined) throw new Error(`The kernel does not tell ${name} of process ${String(pid)}.`);
  return Number(kibibytes) * 1024;
}
