import type { Cause } from '../../src/shared/cause/cause.js';
import { createCauseFinder } from '../../src/shared/cause/find.js';
import { capitalised, cleanLine, colouredLine } from '../../src/shared/text.js';
import type { World } from '../http/world.js';
import { command, inert, resume } from '../runner/commands.js';
import type { Level, Log } from './job.js';

interface LogLine {
  readonly at: string;
  readonly stage: string;
  readonly level: Level;
  readonly text: string;
}

export interface StageLog {
  readonly log: Log;
  /** Logs a line that a command printed. Only there the cause of a failure is looked for. */
  readonly output: (line: string) => void;
  /** Opens a log group in which the runner executes no line that a build prints. Returns the function that closes it. */
  open(stage: string): () => void;
  /** The last lines of the current stage. */
  tail(): readonly string[];
  /** The first error in the output of the current stage. */
  cause(): Cause | null;
  /** The warnings so far: the summary repeats them. */
  warnings(): readonly string[];
}

interface StageLogInput {
  readonly world: Pick<World, 'print' | 'now'>;
  readonly redact: (text: string) => string;
  readonly newToken: () => string;
  /** The checkout: a cause names files relative to it. */
  readonly root: string;
  readonly onLine: (line: LogLine) => void;
}

const TAIL_LINES = 50;
const WARNINGS = 20;
const LINE_CHARACTERS = 16_000;

/** Sends every line of a run to the runner's log, to the server and into the tail, without secrets. */
export function createStageLog({ world, redact, newToken, root, onLine }: StageLogInput): StageLog {
  let stage = '';
  let last: string[] = [];
  let finder = createCauseFinder({ root });
  let open = false;
  const warnings: string[] = [];
  const log = (raw: string, level: Level = 'info'): string => {
    const clean = cleanLine(raw);
    const safe = redact(clean);
    // Colours stay in the runner's log, unless a colour code splits a secret.
    const shown = safe === clean ? redact(raw) : safe;
    world.print(open ? shown : inert(shown));
    const text = safe.slice(0, LINE_CHARACTERS);
    const coloured = safe === clean ? colouredLine(shown).slice(0, LINE_CHARACTERS) : text;
    onLine({ at: world.now().toISOString(), stage, level, text: coloured });
    if (level === 'warning' && warnings.length < WARNINGS) warnings.push(text.slice(0, 2_000));
    last = [...last.slice(1 - TAIL_LINES), text.slice(0, 2_000)];
    return text;
  };
  return {
    tail: () => last,
    cause: () => finder.found(),
    warnings: () => warnings,
    log: (raw, level) => void log(raw, level),
    output: (raw) => finder.push(log(raw)),
    open: (name) => {
      stage = name;
      last = [];
      finder = createCauseFinder({ root });
      open = true;
      const token = newToken();
      world.print(command('group', capitalised(name)));
      world.print(command('stop-commands', token));
      return () => {
        open = false;
        world.print(resume(token));
        world.print(command('endgroup'));
      };
    },
  };
}
