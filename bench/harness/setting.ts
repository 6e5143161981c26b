import type { Children } from './children.js';
import type { Row } from './compare.js';
import type { FindProgram } from './programs.js';
import type { Scratch } from './scratch.js';

/** What a benchmark is given. */
export interface Setting {
  readonly rounds: number;
  /** `short` proves that everything works; its figures mean little. */
  readonly size: 'full' | 'short';
  readonly scratch: Scratch;
  readonly children: Children;
  readonly find: FindProgram;
  /** Environment of programs that are measured. */
  readonly env: Readonly<Record<string, string>>;
  /** The top of this repository. */
  readonly root: string;
  /** Progress, apart from the result. */
  readonly say: (line: string) => void;
}

export interface Outcome {
  readonly rows: readonly Row[];
  /** What a reader of the table must know. */
  readonly notes: readonly string[];
}

export interface Bench {
  readonly summary: string;
  /** Programs without which nothing can be measured, each with how it is installed. Peers may be missing. */
  readonly needs?: Readonly<Record<string, string>>;
  readonly rounds: Readonly<Record<Setting['size'], number>>;
  readonly run: (setting: Setting) => Promise<Outcome>;
}
