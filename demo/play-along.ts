import { createInterface } from 'node:readline';
import { isOrder, ORDERS, possible, refusal, type Now, type OrderName } from './orders.js';
import type { Opened } from './scenes/live.js';
import type { Stage } from './stage.js';
import { dashboardOf, whatToSee, whatToSeeOfBook } from './what-to-see.js';

type Say = (line: string) => void;

export interface Conversation {
  /** Commands, one on each line. */
  readonly input: NodeJS.ReadableStream;
  readonly say: Say;
  readonly signal: AbortSignal;
  /** Opens an address in the browser of the person who tries the demo; it is only printed unless given. */
  readonly show?: (url: string) => void;
}

/** Opens one pull request and then runs the commands that are typed, until `quit` or Ctrl-C. */
export async function playAlong(
  stage: Stage,
  { input, say, signal, show = () => undefined }: Conversation,
): Promise<void> {
  let now: Now = { opened: 0, pushed: 0 };
  const notes = {
    note: (pull: Opened | undefined) => void (now = { ...now, pull }),
    noteBook: (book: Now['book']) => void (now = { ...now, book }),
  };
  const obey = async (order: OrderName) => {
    const before = now;
    const counted = {
      opened: before.opened + Number(order === 'open'),
      pushed: before.pushed + Number(order === 'push'),
    };
    now = { ...before, ...counted };
    await ORDERS[order].run(stage, before, notes);
    const pull = now.pull ?? before.pull;
    const book = now.book ?? before.book;
    say('');
    say('  Open in a browser:');
    const urls = { githubUrl: stage.github.url, url: stage.app.url };
    if (order === 'guestbook') for (const line of book ? whatToSeeOfBook(book, urls) : []) say(line);
    else if (pull) for (const line of whatToSee({ order, pull, ...urls })) say(line);
    say('');
  };

  await obey('open');
  show(dashboardOf(stage.app.url));
  for (const one of help('', now)) say(one);
  say(prompt(now));
  const lines = createInterface({ input, signal });
  for await (const line of lines) {
    const word = line.trim().toLowerCase();
    if (word === 'quit' || word === 'exit') return;
    if (isOrder(word) && !refusal(word, now)) await obey(word).catch((error: unknown) => say(failure(error)));
    else for (const one of isOrder(word) ? [`  ${refusal(word, now)}`] : help(word, now)) say(one);
    say(prompt(now));
  }
  if (signal.aborted) return;
  say('  The input has ended. The demo keeps running until you press Ctrl-C.');
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

function prompt(now: Now): string {
  return `  Now type  ${possible(now).join(', ')}  or  quit  and press Enter.`;
}

function help(word: string, now: Now): string[] {
  const known = possible(now).map((name) => `  ${name.padEnd(9)} ${ORDERS[name].does}`);
  const unknown = word === '' || word === 'help' ? [] : [`  "${word.slice(0, 40)}" is not a command.`];
  return [...unknown, ...known, `  ${'quit'.padEnd(9)} ends the demo`];
}

function failure(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  return `  That did not work: ${reason}\n  Nothing is lost. You can type the next command.`;
}
