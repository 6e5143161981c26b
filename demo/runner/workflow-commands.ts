/** Reads what a step prints as GitHub's runner does: commands are carried out, secrets are masked, all else is log. */
import { parseCommand, type Command } from './parse-command.js';

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface LogGroup {
  readonly title: string;
  readonly lines: string[];
}

/** The log page so far. */
export interface StepLog {
  readonly annotations: Annotation[];
  readonly groups: LogGroup[];
  readonly masked: string[];
  readonly lines: string[];
  openGroup: LogGroup | undefined;
  /** Set while `::stop-commands::` holds. */
  stopToken: string | undefined;
}

export function createStepLog(): StepLog {
  return { annotations: [], groups: [], masked: [], lines: [], openGroup: undefined, stopToken: undefined };
}

type Act = (log: StepLog, command: Command) => string | undefined;

/** The rest of the runner's vocabulary is deprecated and shown as text. */
const ACTS: Readonly<Record<string, Act>> = {
  error: (log, command) => annotate(log, 'error', command),
  warning: (log, command) => annotate(log, 'warning', command),
  notice: (log, command) => annotate(log, 'notice', command),
  debug: () => undefined,
  echo: () => undefined,
  'add-mask': (log, { value }) => void addMask(log, value),
  'stop-commands': (log, { value }) => void (log.stopToken = value),
  group(log, { value }) {
    log.openGroup = undefined;
    const shown = show(log, `##[group]${value}`);
    log.openGroup = { title: hide(value, log.masked), lines: [] };
    log.groups.push(log.openGroup);
    return shown;
  },
  endgroup(log) {
    log.openGroup = undefined;
    return show(log, '##[endgroup]');
  },
};

/** One line as printed; returns it as the log shows it, or undefined when it is not shown. */
export function readLine(log: StepLog, line: string): string | undefined {
  const command = parseCommand(line);
  if (log.stopToken !== undefined) {
    if (command?.name !== log.stopToken) return show(log, line);
    log.stopToken = undefined;
    return undefined;
  }
  const act = command && Object.hasOwn(ACTS, command.name) ? ACTS[command.name] : undefined;
  return command && act ? act(log, command) : show(log, line);
}

/** A secret of several lines is hidden line by line too. */
export function addMask(log: StepLog, secret: string): void {
  const parts = [secret, ...secret.split(/\r?\n/)].filter((part) => part.trim() !== '');
  log.masked.push(...new Set(parts));
}

function annotate(log: StepLog, level: Annotation['level'], { value, properties }: Command): string {
  log.annotations.push({ level, message: hide(value, log.masked), properties });
  return show(log, `##[${level}]${value}`);
}

function show(log: StepLog, line: string): string {
  const shown = hide(line, log.masked);
  log.lines.push(shown);
  log.openGroup?.lines.push(shown);
  return shown;
}

/** Longest first: a secret may hold another one. */
export function hide(text: string, secrets: readonly string[]): string {
  const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
  return longestFirst.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}
