import {
  DEPLOYMENT_STATUS,
  type DeploymentStatus,
  ENVIRONMENT_STATUS,
} from '../../src/shared/status/words.js';
import type { PageState } from './preview.js';

const building: PageText = {
  status: 503,
  heading: 'This preview is being built',
  message: 'It appears here by itself as soon as the build is done.',
  tone: 'progress',
  icon: 'build',
  retryAfter: 5,
  watches: true,
};

const gone: PageText = {
  status: 410,
  heading: 'This preview is gone',
  message: 'Its pull request shows why.',
  tone: 'calm',
  icon: 'box',
  retryAfter: null,
  // A reopened pull request, or another push, brings it back.
  watches: true,
};

const still = { status: 404, tone: 'calm', retryAfter: null, watches: false } as const;

const awaited = { status: 503, tone: 'progress', retryAfter: 5, watches: true } as const;

const over = { status: 404, tone: 'calm', icon: 'box', retryAfter: null, watches: false } as const;

/** The host of one commit that cannot be shown. Every commit has its own state, whatever became of the others. */
const COMMIT_PAGES: Readonly<Record<DeploymentStatus, PageText>> = {
  [DEPLOYMENT_STATUS.queued]: {
    ...awaited,
    heading: 'This commit is waiting for its build',
    message: 'The workflow has not started yet. The preview appears here by itself.',
    icon: 'clock',
  },
  [DEPLOYMENT_STATUS.running]: {
    ...awaited,
    heading: 'This commit is being built',
    message: 'It appears here by itself as soon as the build is done.',
    icon: 'build',
  },
  [DEPLOYMENT_STATUS.success]: {
    ...over,
    status: 410,
    heading: 'This build is gone',
    message: 'It was live once, and its files were removed since.',
  },
  [DEPLOYMENT_STATUS.failed]: {
    status: 502,
    heading: 'The build of this preview failed',
    message: 'The pull request shows what went wrong. A build that succeeds appears here by itself.',
    tone: 'bad',
    icon: 'cross',
    retryAfter: null,
    watches: true,
  },
  [DEPLOYMENT_STATUS.cancelled]: {
    ...over,
    heading: 'The build of this commit was cancelled',
    message: 'Run the workflow again to get a preview of it. It appears here by itself.',
    icon: 'skip',
    watches: true,
  },
  [DEPLOYMENT_STATUS.superseded]: {
    ...over,
    heading: 'There is no preview of this commit',
    message: 'A newer commit arrived before it was live.',
    icon: 'skip',
  },
};

/**
 * 503 says "come back", 502 "the build broke", 410 "it was here", 404 "nothing is coming by itself": a script that waits for a preview
 * can tell them apart. A build that failed says the same for a commit and for the preview.
 */
export const STATUS_PAGES: Readonly<Record<PageState, PageText>> = {
  [ENVIRONMENT_STATUS.pending]: {
    ...building,
    heading: 'This preview is waiting for its build',
    message: 'The workflow has not started yet. The preview appears here by itself.',
    icon: 'clock',
  },
  [ENVIRONMENT_STATUS.awaitingApproval]: {
    ...building,
    heading: 'This preview awaits approval',
    message: 'Somebody who may write to the repository has to approve it first.',
    tone: 'calm',
    icon: 'hand',
    retryAfter: 60,
  },
  [ENVIRONMENT_STATUS.provisioning]: building,
  [ENVIRONMENT_STATUS.ready]: building,
  [ENVIRONMENT_STATUS.updating]: building,
  [ENVIRONMENT_STATUS.sleeping]: {
    ...building,
    heading: 'This preview is waking up',
    message: 'Nobody visited it for a while. It is back in a moment.',
    icon: 'moon',
  },
  [ENVIRONMENT_STATUS.destroying]: gone,
  [ENVIRONMENT_STATUS.destroyed]: gone,
  ...COMMIT_PAGES,
  declined: {
    ...still,
    heading: 'This preview was skipped',
    message: 'None is made as things stand:',
    icon: 'skip',
    watches: true,
  },
  elsewhere: {
    ...still,
    heading: 'This preview lives elsewhere',
    message: 'The workflow deployed it to an address of its own. Nothing is served from here.',
    icon: 'away',
  },
};

export const OTHER_PAGES = {
  unknown: {
    status: 404,
    heading: 'There is no preview here',
    message: 'Check the address. A preview that was only just asked for appears here by itself.',
    tone: 'calm',
    icon: 'search',
    retryAfter: null,
    watches: true,
  },
  missing: {
    status: 404,
    heading: 'Page not found',
    message: 'This preview is live, but it has no page at this address.',
    tone: 'calm',
    icon: 'file',
    retryAfter: null,
    watches: false,
  },
  empty: {
    status: 200,
    heading: 'This preview has no start page',
    message:
      'It is live, but there is no index.html at its top. Open a file by its path, or check the output directory.',
    tone: 'calm',
    icon: 'file',
    retryAfter: null,
    watches: false,
  },
  broken: {
    status: 500,
    heading: 'This preview cannot be shown',
    message: 'The server could not read it. Try again; if that does not help, deploy the commit once more.',
    tone: 'bad',
    icon: 'cross',
    retryAfter: null,
    watches: true,
  },
} as const satisfies Record<string, PageText>;

/** What one of our pages says, and how it behaves. */
export interface PageText {
  readonly status: number;
  readonly heading: string;
  readonly message: string;
  readonly tone: 'progress' | 'calm' | 'bad';
  readonly icon: keyof typeof ICONS;
  /** Seconds after which asking again makes sense; null when nothing is expected to change soon. */
  readonly retryAfter: number | null;
  /** Watches for a change and shows it by itself. */
  readonly watches: boolean;
}

/** Outlines on a 24 by 24 field. */
export const ICONS = {
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.2 15.2 20 20',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2',
  build: 'M12 3v4M12 17v4M3 12h4M17 12h4M5.6 5.6l2.9 2.9M15.5 15.5l2.9 2.9M5.6 18.4l2.9-2.9M15.5 8.5l2.9-2.9',
  hand: 'M12 3 4.5 6v5.5c0 4.6 3.1 7.9 7.5 9.5 4.4-1.6 7.5-4.9 7.5-9.5V6L12 3ZM9 12l2.2 2.2L15.2 10',
  moon: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z',
  cross: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM9.2 9.2l5.6 5.6M14.8 9.2l-5.6 5.6',
  box: 'M4 8.5 12 4l8 4.5v7L12 20l-8-4.5v-7ZM4 8.5l8 4.5 8-4.5M12 13v7',
  skip: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM8.5 12h7',
  away: 'M9.5 5H5v14h14v-4.5M13.5 4.5h6v6M19 5l-8 8',
  file: 'M7 3.5h7l4 4V20.5H7V3.5ZM14 3.5v4h4M10 12h5M10 15.5h5',
} as const;
