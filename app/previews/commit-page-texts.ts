import { D, type DeploymentStatus } from '../../src/shared/status/words.js';
import type { PageText } from './page-text.js';

const awaited = { status: 503, tone: 'progress', retryAfter: 5, watches: true } as const;
const over = { status: 404, tone: 'calm', icon: 'box', retryAfter: null, watches: false } as const;

/** The host of one commit that cannot be shown. Every commit has its own state, whatever became of the others. */
export const COMMIT_PAGES: Readonly<Record<DeploymentStatus, PageText>> = {
  [D.queued]: {
    ...awaited,
    heading: 'This commit is waiting for its build',
    message: 'The workflow has not started yet. The preview appears here by itself.',
    icon: 'clock',
  },
  [D.running]: {
    ...awaited,
    heading: 'This commit is being built',
    message: 'It appears here by itself as soon as the build is done.',
    icon: 'build',
  },
  [D.success]: {
    ...over,
    status: 410,
    heading: 'This build is gone',
    message: 'It was live once, and its files were removed since.',
  },
  [D.failed]: {
    status: 502,
    heading: 'The build of this preview failed',
    message: 'The pull request shows what went wrong. A build that succeeds appears here by itself.',
    tone: 'bad',
    icon: 'cross',
    retryAfter: null,
    watches: true,
  },
  [D.cancelled]: {
    ...over,
    heading: 'The build of this commit was cancelled',
    message: 'Run the workflow again to get a preview of it. It appears here by itself.',
    icon: 'skip',
    watches: true,
  },
  [D.superseded]: {
    ...over,
    heading: 'There is no preview of this commit',
    message: 'A newer commit arrived before it was live.',
    icon: 'skip',
  },
};
