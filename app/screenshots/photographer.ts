import { access, constants } from 'node:fs/promises';
import type { LookupFunction } from 'node:net';
import { delimiter, isAbsolute, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pLimit from 'p-limit';
import {
  PAGE_SIZE,
  type Photograph,
  type Photographer,
  type PhotographOrder,
} from '../../src/screenshots/screenshot.js';
import { messageOf } from '../../src/shared/errors.js';
import { createPinning, pinnedTo, resolveName } from '../http/safe-fetch.js';
import { type Browser, openBrowser } from './browser.js';
import { type Gate, openGate, type Origins } from './gate.js';
import { type Problem, type Seen, type Visit, visitPage } from './visit-page.js';

export interface PhotographerOptions {
  /** Its path; undefined to look for one in the folders of `path`. */
  readonly chromium: string | undefined;
  readonly path: string;
  readonly sandbox: boolean;
  /** Profiles of browsers are made in this folder, which has a short path. */
  readonly dir: string;
  readonly allowPrivateAddresses: readonly string[];
  readonly limits?: Partial<Limits> | undefined;
}

export interface Limits {
  /** From the start of the browser to the picture. */
  readonly wholeMs: number;
  readonly loadMs: number;
  readonly idleMs: number;
  readonly memoryBytes: number;
}

const LIMITS: Limits = { wholeMs: 30_000, loadMs: 12_000, idleMs: 3_000, memoryBytes: 1024 ** 3 };

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];

/** Null when there is none. */
export async function findChromium({
  chromium,
  path,
}: Pick<PhotographerOptions, 'chromium' | 'path'>): Promise<string | null> {
  const folders = path.split(delimiter).filter(isAbsolute);
  const places = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  for (const place of chromium === undefined ? places : [chromium]) {
    const isThere = await access(place, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return place;
  }
  return null;
}

/** Takes pictures one after the other, each with a browser of its own. */
export function createPhotographer(options: PhotographerOptions): Photographer {
  const limits = { ...LIMITS, ...options.limits };
  const closing = new AbortController();
  const one = pLimit(1);
  return {
    photograph: (order) => one(() => photograph({ options, limits, closing: closing.signal }, order)),
    async close() {
      closing.abort(new Error('The server is being stopped.'));
      // Behind the one that is in work.
      await one(() => undefined);
    },
  };
}

interface Work {
  readonly options: PhotographerOptions;
  readonly limits: Limits;
  readonly closing: AbortSignal;
}

async function photograph(work: Work, order: PhotographOrder): Promise<Photograph> {
  const { options, closing } = work;
  closing.throwIfAborted();
  const chromium = await findChromium(options);
  if (chromium === null) return { reason: 'This server has no Chromium.', again: false };
  const origins = await originsOf(options, order).catch((error: unknown) => messageOf(error));
  if (typeof origins === 'string') return { reason: `It could not be opened: ${origins}`, again: false };
  const gate = await openGate(origins);
  try {
    return await inBrowser(work, { order, chromium, origins, gate });
  } finally {
    await gate.close();
  }
}

const LOOKUP_MS = 5_000;

/** Each with the addresses that it leads to now: the page cannot be led elsewhere by its DNS server. */
async function originsOf(
  { allowPrivateAddresses }: PhotographerOptions,
  { url, others, isOurs }: PhotographOrder,
): Promise<Origins> {
  const pin = createPinning({ allowPrivateAddresses });
  const signal = AbortSignal.timeout(LOOKUP_MS);
  const lookups = [url, ...others].map(async (address) => {
    const parsed = new URL(address);
    const lookup = isOurs ? await lookupOfOurs(parsed.hostname) : await pin(parsed, signal);
    return [parsed.origin, lookup] as const;
  });
  return new Map(await Promise.all(lookups));
}

/** Not every system knows that names below localhost are this machine: https://www.rfc-editor.org/rfc/rfc6761#section-6.3 */
async function lookupOfOurs(host: string): Promise<LookupFunction> {
  return pinnedTo(
    host.endsWith('.localhost') ? [{ address: '127.0.0.1', family: 4 }] : await resolveName(host),
  );
}

interface Inside {
  readonly order: PhotographOrder;
  readonly chromium: string;
  readonly origins: Origins;
  readonly gate: Gate;
}

const THUMBNAIL_SCALE = 0.5;

async function inBrowser(
  { options, limits, closing }: Work,
  { order, chromium, origins, gate }: Inside,
): Promise<Photograph> {
  const { sandbox, dir } = options;
  const { memoryBytes, wholeMs } = limits;
  const browser = await openBrowser({ chromium, sandbox, dir, memoryBytes }, gate.port);
  const over = new AbortController();
  const signal = AbortSignal.any([closing, over.signal]);
  const late = pause(wholeMs, failed(`it was not done within ${String(wholeMs / 1_000)} seconds`), {
    signal,
  });
  try {
    const visit = {
      url: order.url,
      cookies: order.cookies,
      origins,
      ...PAGE_SIZE,
      scale: THUMBNAIL_SCALE,
      ...limits,
    };
    const ended = browser.ended.then((why) => (why === null ? NOT_STARTED : failed(why)));
    const seen = await Promise.race([look(browser, visit), ended, late]);
    if ('page' in seen) return seen;
    const full = gate.isFull() ? ' It loads more than pictures are taken of.' : '';
    return { reason: `No picture was taken: ${seen.problem}.${full}`, again: seen.again };
  } catch (error) {
    closing.throwIfAborted();
    throw error;
  } finally {
    late.catch(() => undefined);
    over.abort();
    await browser.close();
  }
}

const failed = (problem: string): Problem => ({ problem, again: false });

const NOT_STARTED = failed('Chromium ended by itself (the doctor says whether it can start)');
const ENDING_MS = 1_000;

/** What fails when the browser has ended is told by its end. */
async function look({ devTools }: Browser, visit: Visit): Promise<Seen> {
  try {
    return await visitPage(devTools, visit);
  } catch (error) {
    await pause(ENDING_MS, undefined, { ref: false });
    return failed(messageOf(error));
  }
}
