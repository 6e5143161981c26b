import { spawn } from 'node:child_process';

/** What opens an address on each system. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  darwin: 'open',
  win32: 'explorer',
  linux: 'xdg-open',
};

interface Machine {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isTerminal: boolean;
}

/** The program that opens addresses for the person at this terminal; null where nobody would see it. */
export function openerOf({ platform, env, isTerminal }: Machine): string | null {
  if (!isTerminal || env['CI'] || env['SSH_CONNECTION']) return null;
  if (platform === 'linux' && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return null;
  return OPENERS[platform] ?? null;
}

/** Without a browser the address is still printed, so a failure is no problem. */
export function showInBrowser(opener: string, url: string): void {
  spawn(opener, [url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}
