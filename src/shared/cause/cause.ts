/** Why a stage failed, as far as the output of its commands says. */
export interface Cause {
  /** One line in the words of the tool, with the place in the code where it is known. */
  readonly line: string;
  /** Lines of the log around it. */
  readonly excerpt: readonly string[];
  /** The index of the error in the excerpt. */
  readonly at: number;
}

/** The API takes no more than this. */
export const CAUSE_LIMITS = { line: 300, excerptLines: 40, excerptCharacters: 500 } as const;

/** An error that may be the cause: the line where it begins, and lines around it. */
export interface Block {
  /** How the first line matched. */
  readonly match: RegExpExecArray;
  /** From the first line on. */
  readonly lines: readonly string[];
  readonly before: readonly string[];
}

export interface Reading {
  readonly line: string;
  /** The index of the line that says why; the first one unless said. */
  readonly at?: number;
  /** The index of the last line that is worth showing. */
  readonly last?: number;
}

/** Null: it was no error, or it does not say why. */
type Read = (block: Block) => Reading | null;

/** A form in which a tool prints errors. */
export interface Matcher {
  readonly tool: string;
  readonly starts: RegExp;
  /** 1: certainly an error of this tool. 2: looks like an error. 3: says only that something else failed. */
  readonly rank: 1 | 2 | 3;
  readonly read: Read;
  /** The form counts only after this line, because other tools print the same words. */
  readonly after?: RegExp;
  /** How many lines the reason can be away from the beginning. */
  readonly window?: number;
}
