import { createInterface } from 'node:readline';
import { breakBuild } from './scenes/break-build.js';
import { closePullRequest } from './scenes/close.js';
import type { Live } from './scenes/live.js';
import { openPullRequest } from './scenes/open.js';
import { pushCommit } from './scenes/push.js';
import type { Stage } from './stage.js';

type Say = (line: string) => void;

/** Opens one pull request and leaves it live, for as long as somebody looks. */
export async function playAlong(
  stage: Stage,
  { say, signal }: { say: Say; signal: AbortSignal },
): Promise<void> {
  const live = await openPullRequest(stage);
  say('');
  say(`  The preview          ${live.url}`);
  say(`  This commit, always  ${live.commitUrl}`);
  say(`  A site's own 404     ${live.url}/nowhere`);
  say(`  No such preview      ${live.url.replace(/pr-\d+/, 'pr-999')}`);
  say('');
  say('  What next? Type  push, break, close, open  or  quit  and press Enter.');
  const lines = createInterface({ input: process.stdin, signal });
  let now: Live = live;
  let text = 'Hello world';
  for await (const line of lines) {
    if (line.trim() === 'quit') return;
    try {
      ({ now, text } = await act(stage, { verb: line.trim(), now, text, say }));
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  }
  // Without a keyboard it stays until it is told to stop.
  if (!signal.aborted)
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

interface Act {
  readonly verb: string;
  readonly now: Live;
  readonly text: string;
  readonly say: Say;
}

async function act(stage: Stage, { verb, now, text, say }: Act): Promise<{ now: Live; text: string }> {
  switch (verb) {
    case 'push': {
      const next = `Hello at ${new Date().toLocaleTimeString('en-GB')}`;
      return { now: await pushCommit(stage, { before: now, text: next }), text: next };
    }
    case 'break':
      await breakBuild(stage, { live: now, text });
      return { now, text };
    case 'close':
      await closePullRequest(stage, now);
      return { now, text };
    case 'open':
      return { now: await openPullRequest(stage), text: 'Hello world' };
    default:
      say(
        '  push: a new commit. break: one that does not build. close: the end. open: another one. quit: stop.',
      );
      return { now, text };
  }
}
