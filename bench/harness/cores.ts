import type { FindProgram } from './programs.js';

/** The measured program has one core to itself; the load and the database share the other. */
export type Core = 'measured' | 'beside';

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

export type Pin = (command: Command, core: Core | undefined) => Command;

const NUMBERS: Readonly<Record<Core, string>> = { measured: '0', beside: '1' };

/** Without a second core, or without `taskset`, programs run wherever the system puts them. */
export function createPin(find: FindProgram, cores: number): Pin {
  const taskset = cores >= 2 ? find('taskset') : null;
  return (wanted, core) => {
    if (taskset === null || core === undefined) return wanted;
    return { command: taskset, args: ['-c', NUMBERS[core], wanted.command, ...wanted.args] };
  };
}
