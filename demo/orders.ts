import {
  closeGuestbook,
  leaveGuestbook,
  type OpenBook,
  openGuestbook,
  pushGuestbook,
} from './guestbook/story.js';
import { breakBuild } from './scenes/break-build.js';
import { closePullRequest } from './scenes/close.js';
import type { Note, Opened } from './scenes/live.js';
import { openPullRequest } from './scenes/open.js';
import { pushCommit } from './scenes/push.js';
import type { Stage } from './stage.js';

/** What the demo knows between two commands. */
export interface Now {
  readonly pull?: Opened | undefined;
  /** The pull request of the second story. */
  readonly book?: OpenBook | undefined;
  /** Pull requests opened and commits pushed so far: branch names and page texts are numbered. */
  readonly opened: number;
  readonly pushed: number;
}

interface Notes {
  readonly note: Note;
  readonly noteBook: (book: OpenBook | undefined) => void;
}

export interface Order {
  readonly does: string;
  /** When the command is possible: while a pull request is open, while none is, or always. */
  readonly wants: 'open' | 'none' | 'any';
  readonly run: (stage: Stage, now: Now, notes: Notes) => Promise<unknown>;
}

/** The commands of the demo. */
export const ORDERS = {
  open: {
    does: 'opens another pull request',
    wants: 'none',
    run: async (stage, { opened }, { note }) => {
      const branch = opened === 0 ? 'greet-the-world' : `greet-the-world-${opened + 1}`;
      note(await openPullRequest(stage, { branch, note }));
    },
  },
  push: {
    does: 'pushes a new commit: the same URL shows it seconds later',
    wants: 'open',
    run: async (stage, { pull, pushed }, { note }) => {
      const text = pushed === 0 ? 'Hello again' : `Hello again, number ${pushed + 1}`;
      if (pull) note(await pushCommit(stage, { before: pull, text, note }));
    },
  },
  break: {
    does: 'pushes a commit whose build fails: the check turns red, the last good preview stays online',
    wants: 'open',
    run: async (stage, { pull }, { note }) => {
      if (pull) await breakBuild(stage, { before: pull, note });
    },
  },
  close: {
    does: 'closes the pull request: its preview is removed',
    wants: 'open',
    run: async (stage, { pull }, { note }) => {
      if (pull) await closePullRequest(stage, { pull, note });
    },
  },
  guestbook: {
    does: 'opens a pull request of a Node server; typed again, pushes to it, lets it sleep and closes it',
    wants: 'any',
    run: async (stage, { book, opened }, { noteBook }) => {
      if (!book)
        return noteBook(await openGuestbook(stage, `welcome-${String(opened)}-${String(Date.now())}`));
      const titled = { book, title: 'Guestbook of the world' };
      await pushGuestbook(stage, titled);
      await leaveGuestbook(stage, titled);
      await closeGuestbook(stage, book);
      noteBook(undefined);
    },
  },
} as const satisfies Record<string, Order>;

export type OrderName = keyof typeof ORDERS;

export function isOrder(word: string): word is OrderName {
  return Object.hasOwn(ORDERS, word);
}

/** The commands that are possible now. */
export function possible({ pull }: Now): OrderName[] {
  return Object.keys(ORDERS)
    .filter(isOrder)
    .filter((name) => fits(name, pull));
}

function fits(name: OrderName, pull: Opened | undefined): boolean {
  const { wants } = ORDERS[name];
  return wants === 'any' || wants === (pull ? 'open' : 'none');
}

/** Why a command is not possible now. */
export function refusal(name: OrderName, { pull }: Now): string | undefined {
  if (fits(name, pull)) return undefined;
  if (pull) return `Pull request ${pull.number} is open already: close it first, then open another one.`;
  return 'No pull request is open: type open for another one.';
}
