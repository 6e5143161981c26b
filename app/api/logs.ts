import type {
  FoundLineView,
  HealthCheckView,
  logs,
  readLogs,
  downloadLogs,
  searchLogs,
} from '../../src/contract/logs.js';
import type { ValueOf } from '../../src/contract/operation.js';
import { appendLogs as append } from '../../src/deployments/logs/append.js';
import {
  type FoundLine,
  isOver,
  type LogFilter,
  readLines,
  readPage,
  searchLog,
  wanted,
} from '../../src/deployments/logs/read.js';
import { searchProject as search } from '../../src/deployments/logs/search.js';
import type { HealthCheck, LogKind, LogStore } from '../../src/deployments/logs/store.js';
import type { Deployment } from '../../src/deployments/model.js';
import { VitrineError } from '../../src/shared/errors.js';
import { cleanLine } from '../../src/shared/text.js';
import { openEventStream, stopReconnecting } from '../http/event-stream.js';
import { sendText } from '../http/text-stream.js';
import { presentLine } from '../live/frames.js';
import type { LogHub } from '../live/hub.js';
import type { Ports } from '../ports.js';
import type { Caller } from './access.js';
import { presentDeployment } from './deployments.js';
import { DirectAnswer, found, type Handler, type Handlers, type Input, pageOf } from './handler.js';

export function logHandlers({ hub }: { readonly hub: LogHub }): Handlers<typeof logs> {
  return {
    async appendLogs(ports, { params, body: { seq, lines } }) {
      const dated = lines.map(({ at, stage, level, type, text }) => {
        return { at: new Date(at), stage, level, type, text };
      });
      const { chunk, last } = await append(ports, { deploymentId: params.id, seq, lines: dated });
      return { stored: true, repeated: chunk === null, lines: last };
    },
    readLogs: readOf('logs', hub),
    downloadLogs: downloadOf('logs'),
    searchLogs: searchOf('logs'),
    readRuntimeLogs: readOf('runtimeLogs', hub),
    downloadRuntimeLogs: downloadOf('runtimeLogs'),
    searchRuntimeLogs: searchOf('runtimeLogs'),

    async searchProject(ports, { params, query }) {
      found(await ports.projects.get(params.id), 'project');
      const items = await search(ports, { projectId: params.id, text: query.q });
      return {
        items: items.map(({ deployment, inMessage, lines }) => ({
          deployment: presentDeployment(deployment),
          inMessage,
          lines: lines.map(presentFound),
        })),
      };
    },

    async listHealthChecks(ports, { params, query }) {
      found(await ports.deployments.get(params.id), 'deployment');
      const { items, nextCursor } = await ports.healthChecks.listOf(params.id, pageOf(query));
      return { items: items.map(presentCheck), nextCursor };
    },
  };
}

/** Both logs of a deployment are read in the same ways. */
function readOf(kind: LogKind, hub: LogHub): Handler<typeof readLogs> {
  return async (ports, input) => {
    const { params, query, accept } = input;
    const deployment = found(await ports.deployments.get(params.id), 'deployment');
    if (asks(accept, 'text/event-stream')) return follow(ports, { kind, hub, input });
    if (asks(accept, 'text/plain')) return download(ports[kind], { kind, deployment, query });
    const { limit, type, level } = query;
    const from = query.from === undefined ? undefined : Math.max(0, query.from - 1);
    const after = query.cursor ?? from ?? 0;
    const page = { deploymentId: params.id, after, limit, filter: { type, level } };
    // In this order: when the log is over, the page and the number are complete.
    const over = await isOver(ports, { kind, deploymentId: params.id });
    const { items, nextCursor } = await readPage(ports[kind], page);
    const lines = await ports[kind].lastLine(params.id);
    return { items: items.map(presentLine), nextCursor, lines, over };
  };
}

/** A caller that takes everything gets JSON. */
function asks(accept: string, type: 'text/event-stream' | 'text/plain'): boolean {
  return accept.includes(type) && !accept.includes('application/json');
}

interface Followed {
  readonly kind: LogKind;
  readonly hub: LogHub;
  readonly input: Input<typeof readLogs>;
}

async function follow(ports: Ports, { kind, hub, input }: Followed): Promise<DirectAnswer> {
  const { params, query, caller, lastEventId, stillAllowed } = input;
  const deploymentId = params.id;
  const asked = lastEventId === undefined ? Math.max(0, (query.from ?? 1) - 1) : lineOf(lastEventId);
  // In this order: when the log is over, its last line is known.
  const over = await isOver(ports, { kind, deploymentId });
  const last = await ports[kind].lastLine(deploymentId);
  const after = Math.min(asked, last);
  return new DirectAnswer((response, headers) => {
    if (over && lastEventId !== undefined && after === last) return stopReconnecting(response, headers);
    if (response.req.method === 'HEAD') return void openEventStream(response, headers).end();
    const filter = { type: query.type, level: query.level };
    const admission = hub.admit(readerOf(caller));
    admission.follow(openEventStream(response, headers), { kind, deploymentId, after, filter, stillAllowed });
  });
}

function lineOf(lastEventId: string): number {
  if (/^\d{1,12}$/.test(lastEventId)) return Number(lastEventId);
  throw new VitrineError('bad_request', 'Last-Event-ID must be the id of an event of this stream.');
}

/** Who has the streams that a reader opens. */
function readerOf(caller: Caller): string {
  if (caller.kind === 'user') return `user ${caller.userId}`;
  if (caller.kind === 'run') return `run ${caller.deploymentId}`;
  return caller.kind === 'operator' ? `operator ${caller.name}` : caller.kind;
}

function downloadOf(kind: LogKind): Handler<typeof downloadLogs> {
  return async (ports, { params, query }) => {
    const deployment = found(await ports.deployments.get(params.id), 'deployment');
    return download(ports[kind], { kind, deployment, query });
  };
}

interface Downloaded {
  readonly kind: LogKind;
  readonly deployment: Deployment;
  readonly query: LogFilter & { readonly timestamps: 'true' | 'false' };
}

function download(store: LogStore, { kind, deployment, query }: Downloaded): DirectAnswer {
  const name = `${kind === 'logs' ? 'deployment' : 'runtime'}-${deployment.sha.slice(0, 7)}-${deployment.id}.log`;
  const disposition = { 'content-disposition': `attachment; filename="${name}"` };
  const parts = textOf(store, { deploymentId: deployment.id, query });
  return new DirectAnswer((response, headers) =>
    sendText(response, { headers: { ...headers, ...disposition }, parts }),
  );
}

/** For editors and terminals: no colours, and nothing that a terminal would obey. */
async function* textOf(
  store: LogStore,
  { deploymentId, query }: { deploymentId: string; query: Downloaded['query'] },
): AsyncGenerator<string> {
  const isWanted = wanted(query);
  for await (const lines of readLines(store, { deploymentId, after: 0 })) {
    const shown = lines.filter(isWanted).map(({ at, text }) => {
      const plain = cleanLine(text);
      return query.timestamps === 'true' ? `${at.toISOString()} ${plain}\n` : `${plain}\n`;
    });
    if (shown.length > 0) yield shown.join('');
  }
}

function searchOf(kind: LogKind): Handler<typeof searchLogs> {
  return async (ports, { params, query }) => {
    found(await ports.deployments.get(params.id), 'deployment');
    const { q: text, limit, type, level, cursor: after = 0 } = query;
    const input = { deploymentId: params.id, after, limit, filter: { type, level }, text };
    const { items, nextCursor } = await searchLog(ports[kind], input);
    return { items: items.map(presentFound), nextCursor };
  };
}

function presentFound({ line, before, after }: FoundLine): ValueOf<typeof FoundLineView> {
  return { line: presentLine(line), before: before.map(presentLine), after: after.map(presentLine) };
}

function presentCheck({ checkedAt, ...check }: HealthCheck): ValueOf<typeof HealthCheckView> {
  return { ...check, checkedAt: checkedAt.toISOString() };
}
