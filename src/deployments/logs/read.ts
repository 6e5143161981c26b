import type { LogLevel, LogType, NumberedLine } from '../../shared/log-lines.js';
import type { Page } from '../../shared/pages.js';
import { CAUSE_LIMITS, type Cause } from '../../shared/cause/cause.js';
import { cleanLine } from '../../shared/text.js';
import { GONE_ENVIRONMENTS, DEPLOYMENT_STATUS } from '../../shared/status/words.js';
import type { EnvironmentPorts } from '../../environments/store.js';
import type { DeploymentPorts } from '../store.js';
import type { LogChunk, LogKind, LogStore } from './store.js';

/** Which lines a reader wants; every one unless said. */
export interface LogFilter {
  readonly type?: LogType | undefined;
  readonly level?: LogLevel | undefined;
}

export interface ReadFrom {
  readonly deploymentId: string;
  /** The number of the last line that the reader has; 0 for none. */
  readonly after: number;
}

/** A chunk holds at most 256 KiB, so this many are at most 4 MiB. */
const CHUNKS_AT_ONCE = 16;

/** The stored lines of a log, a chunk at a time, with a mark where lines are not kept. Ends where the log ends now. */
export async function* readLines(
  store: LogStore,
  { deploymentId, after }: ReadFrom,
): AsyncGenerator<readonly NumberedLine[]> {
  let next = after + 1;
  let from = await store.startOf(deploymentId, next);
  for (;;) {
    const chunks = await store.chunksFrom(deploymentId, from, CHUNKS_AT_ONCE);
    for (const chunk of chunks) {
      yield numbered(chunk, next);
      next = chunk.first + chunk.lines.length;
    }
    if (chunks.length < CHUNKS_AT_ONCE) return;
    from = next;
  }
}

/** The lines of a chunk from this one on. When the lines before them are gone, one line says how many. */
export function numbered(chunk: LogChunk, next: number): NumberedLine[] {
  const printedBy = chunk.source === null ? {} : { source: chunk.source };
  const lines = chunk.lines.map((line, index) => ({ ...line, number: chunk.first + index, ...printedBy }));
  const [first] = lines;
  if (chunk.first > next && first) return [markBefore(first, next), ...lines];
  return chunk.first < next ? lines.slice(next - chunk.first) : lines;
}

function markBefore(line: NumberedLine, next: number): NumberedLine {
  const omitted = line.number - next;
  const text = `(${omitted.toLocaleString('en')} lines are not kept: this log is too long)`;
  return { at: line.at, type: 'system', stage: '', level: 'warning', text, number: line.number - 1, omitted };
}

/** A mark belongs to every reader. */
export function wanted({ type, level }: LogFilter): (line: NumberedLine) => boolean {
  if (type === undefined && level === undefined) return () => true;
  return (line) =>
    line.omitted !== undefined ||
    ((type === undefined || line.type === type) && (level === undefined || line.level === level));
}

/** So many lines are looked at for one answer. */
const LOOKED_AT = 100_000;

interface PageInput extends ReadFrom {
  readonly limit: number;
  readonly filter: LogFilter;
}

/** A page of lines. With a filter it may be short before the end of the log: `nextCursor` goes on. */
export async function readPage(store: LogStore, input: PageInput): Promise<Page<NumberedLine>> {
  const isWanted = wanted(input.filter);
  const items: NumberedLine[] = [];
  let seen = 0;
  for await (const lines of readLines(store, input)) {
    for (const line of lines) {
      if (items.length === input.limit || seen === LOOKED_AT)
        return { items, nextCursor: String(line.number - 1) };
      seen += 1;
      if (isWanted(line)) items.push(line);
    }
  }
  return { items, nextCursor: null };
}

/** A line that was searched for, with the lines around it. */
export interface FoundLine {
  readonly line: NumberedLine;
  readonly before: readonly NumberedLine[];
  readonly after: readonly NumberedLine[];
}

/** So many lines are shown before and after one that was found. */
const AROUND = 2;

interface SearchInput extends PageInput {
  readonly text: string;
}

/** Lines with this text, in any case, colours left out. */
export async function searchLog(store: LogStore, input: SearchInput): Promise<Page<FoundLine>> {
  const search = createSearch(input);
  let seen = 0;
  for await (const lines of readLines(store, input)) {
    for (const line of lines) {
      if (seen === LOOKED_AT) return { items: search.items, nextCursor: String(line.number - 1) };
      if (search.isComplete()) return { items: search.items, nextCursor: search.last() };
      seen += 1;
      search.look(line);
    }
  }
  return { items: search.items, nextCursor: search.isFull() ? search.last() : null };
}

function createSearch({ text, filter, limit }: SearchInput) {
  const needle = text.toLowerCase();
  const isWanted = wanted(filter);
  const items: (FoundLine & { readonly after: NumberedLine[] })[] = [];
  let recent: readonly NumberedLine[] = [];
  const isFull = () => items.length === limit;
  const isFound = (line: NumberedLine) =>
    isWanted(line) && cleanLine(line.text).toLowerCase().includes(needle);
  return {
    items,
    isFull,
    /** Full, with the lines after the last one. */
    isComplete: () => isFull() && (items.at(-1)?.after.length ?? 0) >= AROUND,
    last: () => String(items.at(-1)?.line.number ?? 0),
    look(line: NumberedLine): void {
      for (const { after } of items.slice(-AROUND)) if (after.length < AROUND) after.push(line);
      if (!isFull() && isFound(line)) items.push({ line, before: recent, after: [] });
      recent = [...recent, line].slice(-AROUND);
    },
  };
}

/** The number of the line that a cause was read from; null when the log does not have it any more. */
export async function lineOfCause(
  store: LogStore,
  { deploymentId, cause }: { readonly deploymentId: string; readonly cause: Cause },
): Promise<number | null> {
  const [line, before] = [cause.excerpt[cause.at], cause.excerpt[cause.at - 1]];
  let first: number | null = null;
  let last = '';
  for await (const lines of readLines(store, { deploymentId, after: 0 })) {
    for (const { number, text } of lines) {
      const shown = cleanLine(text).slice(0, CAUSE_LIMITS.excerptCharacters).trimEnd();
      // Tools print an error again in their summary: the one with the same line before it is meant.
      if (shown === line && (before === undefined || before === last)) return number;
      if (shown === line) first ??= number;
      last = shown;
    }
  }
  return first;
}

/** Whether no more lines are expected. A runtime log ends with the preview, the other one with the deployment. */
export async function isOver(
  ports: DeploymentPorts & EnvironmentPorts,
  { kind, deploymentId }: { kind: LogKind; deploymentId: string },
): Promise<boolean> {
  const deployment = await ports.deployments.get(deploymentId);
  if (!deployment) return true;
  if (deployment.completedAt === null) return false;
  if (kind === 'logs' || deployment.status !== DEPLOYMENT_STATUS.success) return true;
  const environment = await ports.environments.get(deployment.environmentId);
  if (!environment || GONE_ENVIRONMENTS.includes(environment.status)) return true;
  return environment.current?.deploymentId !== deploymentId;
}
