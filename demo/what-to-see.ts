import type { OpenBook } from './guestbook/story.js';
import type { OrderName } from './orders.js';
import type { Opened } from './scenes/live.js';
import { GUESTBOOK, REPOSITORY } from './stage.js';

type StaticOrder = Exclude<OrderName, 'guestbook'>;

export interface Sight {
  readonly order: StaticOrder;
  /** As it was before a close, as it is after everything else. */
  readonly pull: Opened;
  readonly githubUrl: string;
  /** Of this server. */
  readonly url: string;
}

/** The URLs to open after a command, one on each line. */
export function whatToSee({ order, pull, githubUrl, url }: Sight): string[] {
  const { number, live } = pull;
  const page = `${githubUrl}/${REPOSITORY}/pull/${number}`;
  const told = {
    open: '  (start here; it refreshes automatically)',
    push: '',
    break: '  (the check is red and shows the error)',
    close: '  (closed)',
  }[order];
  return inColumns([
    ['The pull request', page + told],
    ...(live ? sights(order, live) : []),
    dashboardLine(url),
  ]);
}

export function whatToSeeOfBook(
  { number, url }: OpenBook,
  { githubUrl, url: server }: Pick<Sight, 'githubUrl' | 'url'>,
): string[] {
  const page = `${githubUrl}/${GUESTBOOK}/pull/${String(number)}`;
  return inColumns([
    ['The pull request', page],
    ['The guestbook', `${url}  (open it twice, and sign it)`],
    dashboardLine(server),
  ]);
}

/** By way of the emulated GitHub, where everybody may be anybody. */
export function dashboardOf(url: string): string {
  return `${url}/sign-in/github?return_to=/previews`;
}

const dashboardLine = (url: string) => ['The dashboard', `${dashboardOf(url)}  (continue as octavia)`];

function inColumns(lines: readonly (readonly string[])[]): string[] {
  return lines.map(([what = '', where = '']) => `  ${what.padEnd(22)} ${where}`);
}

function sights(order: StaticOrder, { url, commitUrl }: Required<Opened>['live']): string[][] {
  if (order === 'close') return [['The removed preview', url]];
  if (order === 'break') return [['The last good preview', url]];
  const both = [
    ['The preview', url],
    ['This commit', commitUrl],
  ];
  const first = [
    ["The site's 404 page", `${url}/nowhere`],
    ['An unknown preview', url.replace(/pr-\d+/, 'pr-999')],
  ];
  return order === 'open' ? [...both, ...first] : both;
}
