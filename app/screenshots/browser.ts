import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { endProgram, identityOf, type ProcessIdentity } from '../runners/process/identity.js';
import { findTools } from '../runners/process/sandbox.js';
import { createDevTools, type DevTools } from './devtools.js';
import { watchMemory } from './memory.js';

export interface BrowserOptions {
  /** The program. */
  readonly chromium: string;
  /** Whether Chromium's own sandbox is on. */
  readonly sandbox: boolean;
  /** Profiles are made in this folder. A short path: Chromium makes a socket below it, whose path may have 107 bytes. */
  readonly dir: string;
  /** Of all its processes together. */
  readonly memoryBytes: number;
}

export interface Browser {
  readonly devTools: DevTools;
  /** Resolves when it has ended, with the reason where there is one that people understand. */
  readonly ended: Promise<string | null>;
  /** Ends all its processes and removes its profile. */
  close(): Promise<void>;
}

const MIB = 1024 ** 2;
/** The heap of a page. What lies outside of it, such as pictures and buffers, counts for the limits of the processes. */
const HEAP_MIB = 256;
/** Of one process. The stacks of its threads are part of it, although most of them are never touched. */
const PROCESS_BYTES = 1_536 * MIB;
/** For a browser that lost its server while it was busy: idle ones end by themselves when the pipe is closed. */
const CPU_SECONDS = 90;
/** Of one file in the profile. */
const FILE_BYTES = 256 * MIB;
/** Pictures come after the answers of the server, and after its other background work. */
const NICENESS = 10;

/**
 * Starts a Chromium with an empty profile, in a process group of its own. It reaches the network by one proxy only: names are not even looked
 * up, and what does not go through a proxy (WebRTC, QUIC) is off.
 */
export async function openBrowser(options: BrowserOptions, proxyPort: number): Promise<Browser> {
  await removeOldProfiles(options.dir);
  const profile = await mkdtemp(join(options.dir, PREFIX));
  const mark = `HOME=${profile}`;
  let leader: ProcessIdentity | null = null;
  const close = async (): Promise<void> => {
    await endProgram({ leader, mark, politeMs: 0 });
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const child = await start(options, { profile, proxyPort });
    leader = child.pid === undefined ? null : await identityOf(child.pid);
    const memory = watchMemory({ group: child.pid ?? 0, mostBytes: options.memoryBytes });
    const exited = once(child, 'exit').then(() => null);
    const [, , , to, from] = child.stdio as unknown as [null, null, null, Writable, Readable];
    const devTools = createDevTools({ to, from });
    const ended = Promise.race([memory.exceeded, exited]);
    return { devTools, ended, close: () => close().finally(memory.stop) };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Start {
  readonly profile: string;
  readonly proxyPort: number;
}

async function start(options: BrowserOptions, { profile, proxyPort }: Start): Promise<ChildProcess> {
  const { prlimit } = await findTools();
  const command = [options.chromium, ...argumentsOf(options, { profile, proxyPort })];
  const [file = '', ...args] = prlimit === null ? command : [prlimit, ...LIMITS, '--', ...command];
  const child = spawn(file, args, {
    cwd: profile,
    env: environmentOf(profile),
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  await once(child, 'spawn');
  try {
    if (child.pid !== undefined) setPriority(child.pid, NICENESS);
  } catch {
    // Some containers do not allow it.
  }
  return child;
}

const LIMITS = [
  `--data=${String(PROCESS_BYTES)}`,
  `--cpu=${String(CPU_SECONDS)}`,
  `--fsize=${String(FILE_BYTES)}`,
  '--core=0',
];

/** Nothing of the server's own. */
function environmentOf(profile: string): Record<string, string> {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: profile, TMPDIR: profile, LANG: 'C.UTF-8', TZ: 'UTC' };
}

function argumentsOf({ sandbox }: BrowserOptions, { profile, proxyPort }: Start): string[] {
  return [
    ...ARGUMENTS,
    ...(sandbox ? [] : ['--no-sandbox']),
    `--user-data-dir=${join(profile, 'profile')}`,
    `--proxy-server=http://127.0.0.1:${String(proxyPort)}`,
    'about:blank',
  ];
}

const ARGUMENTS = [
  '--headless',
  '--remote-debugging-pipe',
  // Of this machine too, nothing is reached without the proxy.
  '--proxy-bypass-list=<-loopback>',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
  '--force-webrtc-ip-handling-policy=disable_non_proxied_udp',
  '--disable-quic',
  `--js-flags=--max-old-space-size=${String(HEAP_MIB)}`,
  '--renderer-process-limit=1',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--block-new-web-contents',
  '--deny-permission-prompts',
  '--disable-background-networking',
  '--disable-breakpad',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-extensions',
  '--disable-sync',
  '--force-color-profile=srgb',
  '--hide-scrollbars',
  '--mute-audio',
  '--no-default-browser-check',
  '--no-first-run',
  '--no-pings',
  '--password-store=basic',
];

const PREFIX = 'vshot-';
const OLD_MS = 60 * 60_000;

/** What servers left behind that ended in the middle. Several may share the folder. */
async function removeOldProfiles(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(dir, name);
    const stats = await stat(path).catch(() => null);
    if (stats?.uid !== process.getuid?.() || Date.now() - (stats?.mtimeMs ?? 0) < OLD_MS) continue;
    await rm(path, { recursive: true, force: true });
  }
}
