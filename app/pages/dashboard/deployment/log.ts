import { readPage, searchLog } from '../../../../src/deployments/logs/read.js';
import type { LogKind } from '../../../../src/deployments/logs/store.js';
import type { StoredDeployment } from '../../../../src/deployments/store.js';
import type { NumberedLine } from '../../../../src/shared/log-lines.js';
import { DEPLOYMENT } from '../../../../src/shared/status/deployment.js';
import { cleanLine } from '../../../../src/shared/text.js';
import { DEPLOYMENT_PAGES } from '../../../../src/contract/dashboard/deployments.js';
import { DEPLOYMENTS } from '../../../../src/contract/deployments.js';
import type { Ports } from '../../../ports.js';
import { addressWith } from '../present.js';
import { countOf } from '../rooms.js';

interface LineModel {
  readonly number: number;
  /** The line, in pieces where it has what is searched for. */
  readonly pieces: readonly { readonly text: string; readonly isHit: boolean }[];
  readonly level: NumberedLine['level'];
  readonly href: string;
}

export interface LogModel {
  readonly kind: 'build' | 'runtime';
  readonly label: string;
  readonly isRuntime: boolean;
  /** Empty unless it has two logs. */
  readonly tabs: readonly { readonly label: string; readonly href: string; readonly isHere: boolean }[];
  /** Where a script reads the log. */
  readonly source: string;
  readonly search: string;
  readonly download: string;
  readonly downloadWithTimes: string;
  /** How many lines it has. */
  readonly total: number;
  readonly counted: string;
  /** Then a large box would stay empty. */
  readonly isShort: boolean;
  /** For who has no script: some of the lines, and the way to the others. */
  readonly lines: readonly LineModel[];
  readonly earlier: string;
  readonly later: string;
  readonly query: string;
  /** Null unless something is searched for. */
  readonly hits: { readonly lines: readonly LineModel[]; readonly isMore: boolean } | null;
}

export interface LogQuery {
  readonly log?: string | undefined;
  readonly line?: string | undefined;
  readonly q?: string | undefined;
}

/** So many lines, hits, and characters of a line are in the page itself; the download has all. */
const SHOWN = 100;
const HITS = 50;
const CHARACTERS = 500;
const SHORTEST_SEARCH = 2;
/** So many lines fit into a box of the height that a short log gets. */
const SHORT = 12;

export async function logModel(
  ports: Pick<Ports, LogKind>,
  deployment: StoredDeployment,
  asked: LogQuery,
): Promise<LogModel> {
  const { id } = deployment;
  const kind = asked.log === 'runtime' ? 'runtime' : 'build';
  const store = ports[kind === 'build' ? 'logs' : 'runtimeLogs'];
  const [total, printed] = await Promise.all([store.lastLine(id), ports.runtimeLogs.lastLine(id)]);
  const query = asked.q ?? '';
  const page = `${DEPLOYMENT_PAGES}/${id}`;
  const hrefOf = (line: number) => {
    const about = { log: kind === 'build' ? '' : 'runtime', q: query, line: String(line) };
    return `${addressWith(page, about)}#L${String(line)}`;
  };
  const isSearch = query.length >= SHORTEST_SEARCH;
  const show = ({ number, text, level }: NumberedLine): LineModel => {
    const shown = cleanLine(text).slice(0, CHARACTERS);
    const pieces = isSearch ? piecesOf(shown, query) : [{ text: shown, isHit: false }];
    return { number, level, pieces, href: hrefOf(number) };
  };
  const after = Math.max(0, Math.min(startOf(asked.line, total), total - SHOWN));
  const [{ items }, hits] = await Promise.all([
    readPage(store, { deploymentId: id, after, limit: SHOWN, filter: {} }),
    isSearch ? searchLog(store, { deploymentId: id, after: 0, limit: HITS, filter: {}, text: query }) : null,
  ]);
  const last = items.at(-1)?.number ?? 0;
  const ofApi = `${DEPLOYMENTS}/${id}/${kind === 'build' ? 'logs' : 'runtime-logs'}`;
  return {
    ...{ kind, total, query, counted: countOf(total, 'line'), isRuntime: kind === 'runtime' },
    isShort: total <= SHORT && (kind === 'runtime' || DEPLOYMENT[deployment.status].settled),
    label: kind === 'build' ? 'Build log' : 'Runtime log',
    tabs: printed > 0 || deployment.reach?.kind === 'upstream' ? tabsOf(id, kind) : [],
    source: ofApi,
    search: `${ofApi}/search`,
    download: `${ofApi}.txt`,
    downloadWithTimes: `${ofApi}.txt?timestamps=true`,
    lines: items.map(show),
    earlier: after > 0 ? hrefOf(Math.max(1, after - SHOWN / 2)) : '',
    later: last < total ? hrefOf(Math.min(total, last + SHOWN / 2)) : '',
    hits: hits && { lines: hits.items.map(({ line }) => show(line)), isMore: hits.nextCursor !== null },
  };
}

/** In any case, as the search finds it. */
export function piecesOf(text: string, wanted: string): LineModel['pieces'] {
  const [low, needle] = [text.toLowerCase(), wanted.toLowerCase()];
  const pieces: { text: string; isHit: boolean }[] = [];
  let from = 0;
  for (let at = low.indexOf(needle); at >= 0; at = low.indexOf(needle, from)) {
    pieces.push({ text: text.slice(from, at), isHit: false });
    from = at + needle.length;
    pieces.push({ text: text.slice(at, from), isHit: true });
  }
  pieces.push({ text: text.slice(from), isHit: false });
  return pieces.filter((piece) => piece.text !== '');
}

/** The line that was asked for is in the middle; without one, the end is shown. */
function startOf(line: string | undefined, total: number): number {
  const number = /^\d{1,12}$/.test(line ?? '') ? Number(line) : total;
  return number - SHOWN / 2;
}

function tabsOf(id: string, kind: LogModel['kind']): LogModel['tabs'] {
  const page = `${DEPLOYMENT_PAGES}/${id}`;
  return [
    { label: 'Build log', href: `${page}#log`, isHere: kind === 'build' },
    { label: 'Runtime log', href: `${page}?log=runtime#log`, isHere: kind === 'runtime' },
  ];
}
