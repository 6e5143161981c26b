import { CHECK_STATE, type CheckState } from '../../../src/shared/status/words.js';
import { projectVersion } from '../../config/project-root.js';
import { type CheckGroup, CHECKS } from './checks.js';
import { cleaner, type Result, runCheck } from './run-check.js';
import { lookAround, type SurroundingsOptions } from './surroundings.js';

interface DoctorOptions extends SurroundingsOptions {
  readonly json: boolean;
  readonly colours: boolean;
  readonly write: (text: string) => void;
  readonly groups?: readonly CheckGroup[];
  /** The longest that one check may take. */
  readonly limitMs?: number;
}

/** Runs all checks side by side, and prints them in their order as soon as they have ended. Answers the exit code. */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const { write, groups = CHECKS, limitMs } = options;
  const surroundings = await lookAround(options);
  const clean = cleaner(surroundings);
  const started = groups.map(({ title, checks }) => ({
    title,
    results: checks.map((check) => runCheck(check, { surroundings, limitMs, clean })),
  }));
  const paint = options.colours ? inColour : plain;
  const results: Result[] = [];
  if (!options.json) write(`Vitrine ${projectVersion()}, doctor\n`);
  for (const group of started) {
    if (!options.json) write(`\n${paint('title', group.title)}\n`);
    const together: Result[] = [];
    for (const running of group.results) {
      const result = await running;
      results.push(result);
      if (options.json) continue;
      if (!together.every((one) => isAlike(one, result))) write(textOf(together.splice(0), paint));
      together.push(result);
    }
    if (!options.json) write(textOf(together, paint));
  }
  const counts = countStates(results);
  const ok = counts.failed === 0;
  write(options.json ? jsonOf({ ok, counts, results }) : summaryOf(counts));
  return ok ? 0 : 1;
}

type Counts = Readonly<Record<CheckState, number>>;

function countStates(results: readonly Result[]): Counts {
  const count = (state: CheckState) => results.filter((one) => one.state === state).length;
  return {
    good: count(CHECK_STATE.good),
    warning: count(CHECK_STATE.warning),
    failed: count(CHECK_STATE.failed),
    skipped: count(CHECK_STATE.skipped),
  };
}

type Style = CheckState | 'title';
type Paint = (style: Style, text: string) => string;

const plain: Paint = (_style, text) => text;

/** https://en.wikipedia.org/wiki/ANSI_escape_code#SGR */
const COLOURS: Readonly<Record<Style, number>> = { good: 32, warning: 33, failed: 31, skipped: 2, title: 1 };

const inColour: Paint = (style, text) => `\u001b[${COLOURS[style]}m${text}\u001b[0m`;

const MARKS: Readonly<Record<CheckState, string>> = {
  good: 'ok',
  warning: 'warn',
  failed: 'FAIL',
  skipped: 'skip',
};
const INDENT = ' '.repeat(8);

/** Skipped for one reason: that is one line. */
function isAlike(one: Result, other: Result): boolean {
  return (
    one.state === CHECK_STATE.skipped && one.todo === null && other.todo === null && one.says === other.says
  );
}

function textOf(results: readonly Result[], paint: Paint): string {
  const [first] = results;
  if (!first) return '';
  const { state, says, todo } = first;
  const titles = results.map(({ title }) => title).join(', ');
  const lines = `${titles}: ${says}`.split('\n').join(`\n${INDENT}`);
  const shown = state === CHECK_STATE.skipped ? paint(state, lines) : lines;
  const remedy = todo === null ? '' : `${INDENT}-> ${todo}\n`;
  return `  ${paint(state, MARKS[state].padEnd(4))}  ${shown}\n${remedy}`;
}

function summaryOf(counts: Counts): string {
  const parts = [
    `${counts.failed} failed`,
    `${counts.warning} ${counts.warning === 1 ? 'warning' : 'warnings'}`,
    `${counts.good} good`,
    `${counts.skipped} skipped`,
  ];
  const end = counts.failed > 0 ? ' Correct what failed, and run this again.' : '';
  return `\n${parts.join(', ')}.${end} docs/doctor.md explains every check.\n`;
}

interface Report {
  readonly ok: boolean;
  readonly counts: Counts;
  readonly results: readonly Result[];
}

function jsonOf({ ok, counts, results }: Report): string {
  return `${JSON.stringify({ version: projectVersion(), ok, counts, checks: results }, null, 2)}\n`;
}
