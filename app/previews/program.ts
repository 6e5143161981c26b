import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../src/shared/tools.js';
import type { Activity } from './activity.js';
import { OTHER_PAGES } from './page-texts.js';
import type { Gate } from './gate.js';
import type { AsleepPreview, Preview, UpstreamPreview, WaitingPreview } from './preview.js';
import { type Proxy, refuseUpgrade } from './proxy.js';
import { hasBody, type ProxyFailure } from './upstream.js';
import type { FoundHost, HostResolver, SocketVisit, Visit } from './visit.js';
import { type PreviewPages, sendPage } from './wait-pages.js';
import type { Waker } from './waker.js';

export interface ProgramPorts {
  readonly resolve: HostResolver;
  /** What was resolved is outdated. */
  readonly forget: (label: string) => void;
  /** Before everything that is answered. */
  readonly gate: Gate;
  readonly pages: PreviewPages;
  readonly proxy: Proxy;
  readonly activity: Activity;
  readonly waker: Waker;
  readonly clock: Clock;
}

/** What a host shows after it was read again, from the gate on. */
type ServeAgain = (visit: Visit, host: FoundHost) => Promise<void> | undefined;

interface Served {
  readonly ports: ProgramPorts;
  readonly visit: Visit;
  readonly serve: ServeAgain;
}

/** Passes a request on to its program. The program may have been stopped since this process read the documents: then they are read again. */
export function passOn(served: Served, preview: UpstreamPreview): Promise<void> | undefined {
  const { proxy, activity } = served.ports;
  const { response } = served.visit;
  if (response.destroyed) return undefined;
  if (preview.keepsAwake !== undefined) response.once('close', activity.begin(preview.keepsAwake));
  return proxy
    .pass({ ...served.visit, preview })
    .then((failure) => (failure === null ? undefined : explain(served, preview, failure)));
}

/** Shows why there is no answer, if the documents do not know a better one by now. */
async function explain(served: Served, preview: UpstreamPreview, failure: ProxyFailure): Promise<void> {
  const { visit, serve, ports } = served;
  const { pages } = ports;
  if (visit.response.destroyed) return;
  if (failure === 'unreachable' && !hasBody(visit.request)) {
    const fresh = await resolveAgain(served);
    if (!isSame(fresh.preview, preview)) return serve(visit, fresh);
  }
  const page = failure === 'unreachable' && preview.crashed === true ? 'crashed' : failure;
  sendPage(visit, pages.render({ page, label: visit.label }));
}

async function resolveAgain({ ports, visit }: Served): Promise<FoundHost> {
  ports.forget(visit.label);
  return ports.resolve(visit.label);
}

function isSame(fresh: Preview, { host, port }: UpstreamPreview): boolean {
  return fresh.kind === 'upstream' && fresh.host === host && fresh.port === port;
}

/** Wakes the program. A browser gets a page that turns into the preview; everything else waits for the answer. */
export async function wakeFor(served: Served, preview: AsleepPreview): Promise<void> {
  const { ports, visit, serve } = served;
  const { waker } = ports;
  if (hasJustFailed(ports, preview)) return show(served, unwakeable(preview));
  if (isNavigation(visit.request)) {
    waker.start(preview.environmentId);
    return show(served, preview.page);
  }
  const woken = await waker.hold(preview.environmentId, visit.response);
  if (woken === 'left' || visit.response.destroyed) return;
  if (woken === 'broken') return show(served, unwakeable(preview));
  const fresh = await resolveAgain(served);
  return fresh.preview.kind === 'asleep' ? show(served, preview.page) : serve(visit, fresh);
}

/** The next attempt is not made before: a program that cannot start would be started all the time. */
const PAUSE_MS = 30_000;

function hasJustFailed({ clock }: Pick<ProgramPorts, 'clock'>, { failedAt }: AsleepPreview): boolean {
  return failedAt !== null && clock.now().getTime() - failedAt.getTime() < PAUSE_MS;
}

function unwakeable({ page }: AsleepPreview): WaitingPreview {
  return { ...page, state: 'unwakeable', text: OTHER_PAGES.unwakeable };
}

function show({ ports, visit }: Served, page: WaitingPreview): void {
  sendPage(visit, ports.pages.render({ page, label: visit.label }));
}

/** A person opens a page. What a page loads afterwards, and what programs ask for, is no navigation. */
function isNavigation({ method, headers }: IncomingMessage): boolean {
  const mode = headers['sec-fetch-mode'];
  return (
    method === 'GET' &&
    headers.accept?.includes('text/html') === true &&
    (mode === undefined || mode === 'navigate')
  );
}

const RETRY_SECONDS = 5;

/** Connects a WebSocket with its program, which stays awake as long as it is open. One that sleeps is woken for the next attempt. */
export function joinOrWake(ports: Omit<ProgramPorts, 'pages'>, visit: SocketVisit, preview: Preview): void {
  const { socket } = visit;
  if (socket.destroyed) return;
  if (preview.kind === 'upstream') {
    if (preview.keepsAwake !== undefined) socket.once('close', ports.activity.begin(preview.keepsAwake));
    return ports.proxy.connect({ ...visit, preview });
  }
  if (preview.kind === 'live') return refuseUpgrade(socket, { status: 400 });
  if (preview.kind === 'asleep' && !hasJustFailed(ports, preview)) ports.waker.start(preview.environmentId);
  refuseUpgrade(socket, { status: 503, retryAfter: RETRY_SECONDS });
}
