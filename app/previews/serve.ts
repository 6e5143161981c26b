import type { IncomingMessage } from 'node:http';
import { isVitrineError } from '../../src/shared/errors.js';
import { MIB } from '../../src/uploads/limits.js';
import type { ArtifactStore, BlobStore } from '../../src/uploads/store.js';
import { chooseRoute } from './choose-route.js';
import { type PageState, type Preview, RESERVED, STATUS_PATH } from './preview.js';
import { joinOrWake, passOn, type ProgramPorts, wakeFor } from './program.js';
import { refuseUpgrade } from './proxy.js';
import { ALWAYS, createAcceptedEncodings, type ReadyForms, weighForms } from './represent.js';
import { sendFile, type SendPorts, writeHead } from './send-file.js';
import { createSites, type FileRoute, type Site } from './site.js';
import { type PageRequest, sendPage } from './wait-pages.js';
import type { Admission, FoundHost, SocketVisit, Visit } from './visit.js';
import { createWeightedCache } from './weighted-cache.js';

export type PreviewFailed = (error: unknown, request: IncomingMessage) => void;

interface PreviewPorts extends ProgramPorts {
  readonly blobs: BlobStore;
  readonly artifacts: Pick<ArtifactStore, 'findByRoot'>;
  /** Called for every request that failed because of the server. */
  readonly onError: PreviewFailed;
  readonly hotBytes?: number;
}

/** Serves the host of one preview. The caller has read the label from the host name. */
export type PreviewHandler = (visit: Visit) => void;

/** Limited because a site can have long headers for each of its files. */
const READY_BYTES = 64 * MIB;

export function createPreviewHandler(ports: PreviewPorts): PreviewHandler {
  const sending = {
    blobs: ports.blobs,
    bodies: createWeightedCache<Buffer>({
      capacity: ports.hotBytes ?? 128 * MIB,
      weigh: (body) => body.length,
    }),
    readies: createWeightedCache<ReadyForms, FileRoute>({ capacity: READY_BYTES, weigh: weighForms }),
    acceptedEncodings: createAcceptedEncodings(),
  };
  const sites = createSites(ports);
  const serve = (visit: Visit, preview: Preview): Promise<void> | undefined => {
    if (visit.request.url?.startsWith(RESERVED) === true) return sendStatus(ports, visit, preview);
    if (preview.kind === 'upstream') return passOn({ ports, visit, serve: enter }, preview);
    if (preview.kind === 'asleep') return wakeFor({ ports, visit, serve: enter }, preview);
    if (!READS.includes(visit.request.method)) return refuseMethod(visit);
    if (preview.kind !== 'live')
      return showPage(ports, visit, preview.kind === 'page' ? preview : preview.kind);
    const site = sites(preview);
    if ('routes' in site) return serveSite({ ports, sending, visit, site });
    return site.then((loaded) => serveSite({ ports, sending, visit, site: loaded }));
  };
  const enter = (visit: Visit, host: FoundHost): Promise<void> | undefined => {
    const entered = ports.gate.enter(visit, host);
    if (entered instanceof Promise)
      return entered.then((admitted) => (admitted ? serve(admitted, host.preview) : undefined));
    return entered ? serve(entered, host.preview) : undefined;
  };
  return (visit) => {
    // It would show a visitor what proxies between us added.
    if (visit.request.method === 'TRACE') return refuseMethod(visit);
    try {
      const host = ports.resolve(visit.label);
      const work = 'preview' in host ? enter(visit, host) : host.then((found) => enter(visit, found));
      work?.catch((error: unknown) => fail(ports, visit, error));
    } catch (error) {
      fail(ports, visit, error);
    }
  };
}

const READS: readonly (string | undefined)[] = ['GET', 'HEAD'];

/** Connects the WebSocket of a visitor with a preview that is a program; files have none. */
export function createSocketHandler(ports: SocketPorts) {
  return async (visit: SocketVisit): Promise<void> => {
    try {
      const host = await ports.resolve(visit.label);
      if (await ports.gate.enterSocket(visit, host)) joinOrWake(ports, visit, host.preview);
    } catch (error) {
      ports.onError(error, visit.request);
      refuseUpgrade(visit.socket, { status: 503 });
    }
  };
}

type SocketPorts = Omit<ProgramPorts, 'pages'> & Pick<PreviewPorts, 'onError'>;

interface SiteVisit {
  readonly ports: PreviewPorts;
  readonly sending: SendPorts;
  readonly visit: Visit;
  readonly site: Site;
}

const NO_HEADERS: readonly string[] = [];

/** Files of protected previews are kept by the browser of the visitor only, and no page of another preview can embed them. */
const PROTECTED_HEADERS: readonly string[] = [
  ...['cache-control', 'private, max-age=0, must-revalidate'],
  ...['cross-origin-resource-policy', 'same-origin'],
];

function protectedHeaders({ cookie }: Admission): readonly string[] {
  return cookie === null ? PROTECTED_HEADERS : [...PROTECTED_HEADERS, 'set-cookie', cookie];
}

function serveSite({ ports, sending, visit, site }: SiteVisit): Promise<void> | undefined {
  const { request, response } = visit;
  const choice = chooseRoute(site, { url: request.url ?? '/', accept: request.headers.accept });
  const extra = visit.admission ? protectedHeaders(visit.admission) : NO_HEADERS;
  if (choice.kind === 'file') {
    return sendFile(sending, { site, route: choice.route, status: choice.status, request, response, extra });
  }
  if (choice.kind !== 'redirect') return showPage(ports, visit, choice.kind);
  const head = ['location', choice.location, 'cache-control', 'no-cache', 'content-length', '0', ...ALWAYS];
  writeHead(response, { status: choice.status, head, extra });
  response.end();
  return undefined;
}

function sendStatus({ pages }: PreviewPorts, visit: Visit, preview: Preview): undefined {
  const { request, response } = visit;
  if (request.url?.replace(/\?.*$/, '') !== STATUS_PATH)
    return sendPage(visit, pages.render({ page: 'missing' }));
  const state = stateOf(preview);
  const body = JSON.stringify({ state, live: state === 'live' });
  const head = ['content-type', 'application/json; charset=utf-8', 'cache-control', 'no-store', ...ALWAYS];
  writeHead(response, { status: 200, head: [...head, 'content-length', String(body.length)] });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Asking for it neither wakes a preview nor keeps it awake. */
function stateOf(preview: Preview): PageState | 'live' | 'unknown' {
  if (preview.kind === 'page') return preview.state;
  if (preview.kind === 'asleep') return preview.failedAt ? 'unwakeable' : preview.page.state;
  if (preview.kind === 'upstream') return preview.crashed === true ? 'crashed' : 'live';
  return preview.kind;
}

function showPage({ pages }: PreviewPorts, visit: Visit, page: PageRequest['page']): undefined {
  return sendPage(visit, pages.render({ page, label: visit.label }));
}

function refuseMethod({ response }: Visit): undefined {
  const head = ['allow', 'GET, HEAD', 'content-length', '0', ...ALWAYS];
  writeHead(response, { status: 405, head });
  response.end();
  return undefined;
}

function fail({ pages, onError }: PreviewPorts, visit: Visit, error: unknown): void {
  const { request, response } = visit;
  // The visitor closed the connection: no failure of the server.
  if (response.destroyed || request.socket.destroyed) return;
  onError(error, request);
  if (response.headersSent) return void response.destroy();
  // The database is away: the preview is not broken, and it comes back without a new build.
  const page = isVitrineError(error) && error.code === 'unavailable' ? 'unavailable' : 'broken';
  sendPage(visit, pages.render({ page, label: visit.label }));
}
