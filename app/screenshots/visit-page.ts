import type { VisitCookie } from '../../src/screenshots/screenshot.js';
import type { DevTools, DevToolsEvent } from './devtools.js';

export interface Visit {
  readonly url: string;
  /** What is reached from here. */
  readonly origins: Pick<ReadonlySet<string>, 'has'>;
  readonly cookies: readonly VisitCookie[];
  readonly width: number;
  readonly height: number;
  /** Of the small picture: a part of the size. */
  readonly scale: number;
  /** How long it may load before it is photographed as it is. */
  readonly loadMs: number;
  /** How long it may go on loading after its load event. */
  readonly idleMs: number;
}

/** What the page showed, or in words why it showed nothing. */
export type Seen = { readonly page: Buffer; readonly thumbnail: Buffer } | Problem;

export interface Problem {
  readonly problem: string;
  /** It may be otherwise in a moment. */
  readonly again: boolean;
}

/** Opens a page in an empty tab, waits until it has loaded, and takes its picture in two sizes. */
export async function visitPage(devTools: DevTools, visit: Visit): Promise<Seen> {
  const { targetId } = await devTools.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await devTools.send('Target.attachToTarget', { targetId, flatten: true });
  const send = (method: string, params?: object) => devTools.send(method, params, String(sessionId));
  await devTools.send('Browser.setDownloadBehavior', { behavior: 'deny' });
  await prepare(send, visit);
  const progress = followPage(devTools, { send, origins: visit.origins });
  return Promise.race([progress.crashed, openPage(send, { visit, progress })]);
}

type Progress = ReturnType<typeof followPage>;

async function openPage(
  send: Send,
  { visit, progress }: { readonly visit: Visit; readonly progress: Progress },
): Promise<Seen> {
  const { errorText, frameId } = await send('Page.navigate', { url: visit.url });
  const problem = progress.problemOf(frameId);
  if (problem) return problem;
  if (typeof errorText === 'string') return { problem: `it could not be opened (${errorText})`, again: true };
  await progress.loaded(visit.loadMs);
  await progress.idle(visit.idleMs);
  // Its script may have led to another page meanwhile.
  return progress.problemOf(frameId) ?? takePictures(send, visit);
}

type Send = (method: string, params?: object) => Promise<Readonly<Record<string, unknown>>>;

async function prepare(send: Send, { width, height, cookies }: Visit): Promise<void> {
  await send('Page.enable');
  await send('Network.enable');
  await send('Page.setLifecycleEventsEnabled', { enabled: true });
  await send('Network.setBypassServiceWorker', { bypass: true });
  await send('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false });
  for (const cookie of cookies) {
    const secure = cookie.url.startsWith('https:');
    await send('Network.setCookie', { ...cookie, secure, httpOnly: true, sameSite: 'Lax', path: '/' });
  }
  // Two pictures of one page should be alike: most sites then show no animation.
  await send('Emulation.setEmulatedMedia', {
    features: [{ name: 'prefers-reduced-motion', value: 'reduce' }],
  });
}

/** What is known of a page while it loads. */
function followPage(
  devTools: DevTools,
  { send, origins }: { readonly send: Send; readonly origins: Visit['origins'] },
) {
  const loaded = createMoment();
  const idle = createMoment();
  const crash = createMoment();
  const pages = new Map<unknown, PageState>();
  const of = (frame: unknown): PageState => pages.get(frame) ?? { url: '', status: null, unreachable: false };
  const heard: Readonly<Record<string, (params: Readonly<Record<string, unknown>>) => void>> = {
    'Page.loadEventFired': loaded.reach,
    'Inspector.targetCrashed': crash.reach,
    // A page that asks its visitor something is told "no", again and again.
    'Page.javascriptDialogOpening': () => {
      send('Page.handleJavaScriptDialog', { accept: false }).catch(() => undefined);
    },
    'Page.lifecycleEvent': ({ name }) => {
      if (name === 'networkIdle' && loaded.isReached()) idle.reach();
    },
    'Network.requestWillBeSent': ({ type, frameId, request }) => {
      const { url } = request as { url: string };
      if (type === 'Document') pages.set(frameId, { ...of(frameId), url, status: null });
    },
    'Network.responseReceived': ({ type, frameId, response }) => {
      const { status } = response as { status: number };
      if (type === 'Document') pages.set(frameId, { ...of(frameId), status });
    },
    'Page.frameNavigated': ({ frame }) => {
      const { id, unreachableUrl } = frame as { id: string; unreachableUrl?: string };
      pages.set(id, { ...of(id), unreachable: unreachableUrl !== undefined });
    },
  };
  devTools.onEvent(({ method, params }: DevToolsEvent) => heard[method]?.(params));
  return {
    loaded: loaded.within,
    idle: idle.within,
    crashed: crash.reached.then(() => CRASHED),
    problemOf: (frame: unknown) => problemOf(of(frame), origins),
  };
}

interface PageState {
  readonly url: string;
  readonly status: number | null;
  /** The browser shows a page of its own instead. */
  readonly unreachable: boolean;
}

const CRASHED: Problem = {
  problem: 'it ended in the middle, as pages do that need too much memory',
  again: false,
};

function problemOf({ url, status, unreachable }: PageState, origins: Visit['origins']): Problem | null {
  const { origin, host } = URL.canParse(url) ? new URL(url) : { origin: null, host: '' };
  if (origin !== null && !origins.has(origin))
    return { problem: `it led to ${host.slice(0, 100)}, which is not part of this preview`, again: false };
  if (status !== null && status >= 400)
    return { problem: `it answered HTTP ${String(status)}`, again: status >= 500 };
  return unreachable ? { problem: 'it could not be opened', again: true } : null;
}

function createMoment() {
  let isReached = false;
  let reach: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    reach = () => {
      isReached = true;
      resolve();
    };
  });
  const within = async (ms: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
    await Promise.race([reached, over]);
    clearTimeout(timer);
  };
  return { reached, within, reach, isReached: () => isReached };
}

/** The picture without loss, so that it can be compared with another one, and a small one for lists. */
async function takePictures(send: Send, { width, height, scale }: Visit): Promise<Seen> {
  const clip = { x: 0, y: 0, width, height };
  const page = await send('Page.captureScreenshot', { format: 'png', clip: { ...clip, scale: 1 } });
  const small = { format: 'jpeg', quality: 80, clip: { ...clip, scale } };
  const thumbnail = await send('Page.captureScreenshot', small);
  return {
    page: Buffer.from(String(page['data']), 'base64'),
    thumbnail: Buffer.from(String(thumbnail['data']), 'base64'),
  };
}
