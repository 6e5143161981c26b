import type { OrderName } from './orders.js';
import type { Opened } from './scenes/live.js';
import { REPOSITORY } from './stage.js';

export interface Sight {
  readonly order: OrderName;
  /** As it was before a close, as it is after everything else. */
  readonly pull: Opened;
  readonly githubUrl: string;
}

/** The addresses that are worth a click after an order, one line each. */
export function whatToSee({ order, pull, githubUrl }: Sight): string[] {
  const { number, live } = pull;
  const page = `${githubUrl}/${REPOSITORY}/pull/${number}`;
  const told = {
    open: '  (start here: it refreshes by itself)',
    push: '',
    break: '  (its check is red and shows why)',
    close: '  (closed)',
  }[order];
  return [['The pull request', page + told], ...(live ? sights(order, live) : [])].map(
    ([what = '', where = '']) => `  ${what.padEnd(22)} ${where}`,
  );
}

function sights(order: OrderName, { url, commitUrl }: Required<Opened>['live']): string[][] {
  if (order === 'close') return [['The preview, gone', url]];
  if (order === 'break') return [['The last good preview', url]];
  const both = [
    ['The preview', url],
    ['This very commit', commitUrl],
  ];
  const first = [
    ['Its own 404 page', `${url}/nowhere`],
    ['A preview never made', url.replace(/pr-\d+/, 'pr-999')],
  ];
  return order === 'open' ? [...both, ...first] : both;
}
