import type { VitrineError } from '../../src/shared/errors.js';

/** A MongoDB the App can use, and how to let it go. */
export type Database = {
  readonly uri: string;
  /** How it was found, in one line for people. */
  readonly way: string;
  /** Resolves, with the reason, when it is gone for good; one that is not ours to start never is. */
  readonly lost: Promise<VitrineError>;
  stop(): Promise<void>;
};

export type FindOptions = {
  /** `MONGODB_URI`, when the operator gave one. */
  readonly uri?: string | undefined;
  readonly dataDir: string;
  /** Where programs are looked for (`PATH`) and what they inherit. */
  readonly env: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
  /** Whether mongodb-memory-server may download a mongod it does not have yet; it may, unless told otherwise. */
  readonly allowDownload?: boolean;
  /** The ways to run a database here, in order, instead of all there are. */
  readonly ways?: readonly LocalWay[];
  /** How a database that is run here and ends is started again; the usual, unless given. */
  readonly patience?: Patience;
};

/** How long it is tried to start a database again that has ended. */
export type Patience = {
  /** Doubles with every start, up to the longest. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** After so long without a steady database it is given up. */
  readonly giveUpMs: number;
  /** One that ran for so long was in order. */
  readonly steadyMs: number;
};

/** One running server. `ended` resolves with the way in which it ended, whether it was stopped or crashed. */
export type ServerProcess = {
  readonly pid: number;
  readonly port: number;
  readonly ended: Promise<string>;
  stop(): Promise<void>;
};

/** Everything a way that keeps its data here needs. */
export type LocalOptions = Pick<FindOptions, 'env' | 'log' | 'allowDownload' | 'patience'> & {
  readonly directory: string;
  /** Notes which server process uses the directory from now on. */
  readonly hold: (server: number) => Promise<void>;
  /** No other way is tried after this one: its failure is the error. */
  readonly last?: boolean;
};

/** Why a way is closed on this machine. */
export type Missing = { readonly missing: string };

/** One way to run a database on this machine. The two engines write files the other cannot read. */
export type LocalWay = {
  readonly engine: 'mongod' | 'embedded';
  start(options: LocalOptions): Promise<Database | Missing>;
};

/** The address of a server on this machine; without MONGODB_URI the database is called `vitrine`. */
export function localUri(port: number): string {
  return `mongodb://127.0.0.1:${port}/vitrine?directConnection=true`;
}
