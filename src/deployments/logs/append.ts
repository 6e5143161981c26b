import { VitrineError } from '../../shared/errors.js';
import { type LogLine, type LogSource, typeOfStage } from '../../shared/log-lines.js';
import { linesOf } from '../../shared/text.js';
import type { Tools } from '../../shared/tools.js';
import { changeDeployment } from '../change.js';
import type { DeploymentPorts } from '../store.js';
import type { Appended, LogBatch, LogKind, LogPorts, LogRedaction } from './store.js';

type Ports = DeploymentPorts &
  Pick<LogPorts, LogKind | 'logWords'> &
  LogRedaction &
  LogSessionPorts &
  Pick<Tools, 'clock'>;

/** A line as a writer sends it: its text may hold several lines. */
export interface SentLine extends Omit<LogLine, 'type'> {
  /** That of its stage unless given. */
  readonly type?: LogLine['type'] | undefined;
}

/** A deployment whose log this process wrote to a moment ago: it exists, and does not count as silent. */
export interface LogSession {
  readonly projectId: string;
  readonly touchedAt: number;
}

/** Remembers them, so that a batch of a busy log is one write. */
export interface LogSessions {
  get(deploymentId: string): LogSession | undefined;
  set(deploymentId: string, session: LogSession): void;
}

export interface LogSessionPorts {
  readonly logSessions: LogSessions;
}

/** Well within the time after which a silent run is ended, and short enough for the search. */
const TOUCH_MS = 60_000;

/** The workflow run of a deployment sends lines. A repeated batch is stored once. */
export async function appendLogs(
  ports: Ports,
  { deploymentId, seq, lines }: { deploymentId: string; seq: number; lines: readonly SentLine[] },
): Promise<Appended> {
  const known = await touch(ports, deploymentId, { isRun: true });
  const batch = { deploymentId, writer: 'run', batch: seq, lines: storedLines(lines) };
  return ports.logs.append(await redacted(ports, { projectId: known.projectId, batch }));
}

export type RuntimePorts = Omit<Ports, 'logs'>;

interface RuntimeBatch {
  readonly deploymentId: string;
  readonly source: LogSource;
  /** Names the container or the pod. */
  readonly writer: string;
  readonly batch: number;
  /** See `LogBatch.after`. */
  readonly after?: number | null;
  readonly lines: readonly Omit<SentLine, 'type' | 'stage'>[];
}

/** What follows a container or a pod sends what it printed. A repeated batch is stored once. */
export async function appendRuntimeLogs(ports: RuntimePorts, given: RuntimeBatch): Promise<Appended> {
  const { deploymentId, lines, ...rest } = given;
  const known = await touch(ports, deploymentId, { isRun: false });
  const typed = lines.map((line) => ({ ...line, type: 'runtime', stage: '' }) as const);
  const batch = { ...rest, deploymentId, lines: storedLines(typed) };
  return ports.runtimeLogs.append(await redacted(ports, { projectId: known.projectId, batch }));
}

/** The one place where appended lines lose their secrets. */
async function redacted(
  ports: LogRedaction,
  { projectId, batch }: { projectId: string; batch: LogBatch },
): Promise<LogBatch> {
  const lines = await ports.redactLines({ id: batch.deploymentId, projectId }, batch.lines);
  return { ...batch, lines };
}

/** Written out field by field: for the lines of a busy build, spreading objects takes most of the time of a batch. */
function storedLines(lines: readonly SentLine[]): LogLine[] {
  const stored: LogLine[] = [];
  for (const { at, type, stage, level, text: sent } of lines) {
    const known = type ?? typeOfStage(stage);
    for (const text of linesOf(sent)) stored.push({ at, type: known, stage, level, text });
  }
  return stored;
}

/** The search looks at its log again. When its run writes, the deployment does not count as silent; a program may print long after its run died. */
async function touch(
  ports: RuntimePorts,
  id: string,
  { isRun }: { readonly isRun: boolean },
): Promise<LogSession> {
  const now = ports.clock.now();
  const key = isRun ? id : `${id} program`;
  const known = ports.logSessions.get(key);
  if (known && now.getTime() - known.touchedAt < TOUCH_MS) return known;
  const { projectId } = await changeDeployment(ports, {
    id,
    plan: (seen) => (seen.completedAt || !isRun ? null : {}),
  }).catch((error: unknown) => {
    throw error instanceof VitrineError && error.code === 'not_found' ? noDeployment() : error;
  });
  await ports.logWords.markDue({ id, projectId }, now);
  const session = { projectId, touchedAt: now.getTime() };
  ports.logSessions.set(key, session);
  return session;
}

function noDeployment(): VitrineError {
  return new VitrineError('not_found', 'There is no such deployment.');
}
