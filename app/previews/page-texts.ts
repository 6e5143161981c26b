import { headlineHere } from '../../src/deployments/headlines.js';
import type { SituationKind } from '../../src/deployments/situation.js';

const WAITS = { status: 503, tone: 'progress', retryAfter: 5, watches: true } as const;
const ENDED = { status: 404, tone: 'calm', retryAfter: null, watches: true } as const;

const BUILDING: PageText = {
  ...WAITS,
  heading: headlineHere('building'),
  message: 'It appears here automatically when the build is done.',
  icon: 'build',
};

export const STARTING_PAGE: PageText = {
  ...WAITS,
  heading: 'This preview is starting',
  message: 'Its build is done, and its program starts. It appears here automatically.',
  icon: 'clock',
};

/** The page watches for changes: a push or a reopened pull request can bring the preview back. */
const GONE: PageText = {
  ...ENDED,
  status: 410,
  heading: headlineHere('removed'),
  message: 'Its pull request shows why.',
  icon: 'box',
};

/** It may still be at its host: a workflow run has to remove it there. */
export const LEAVING_PAGE: PageText = { ...GONE, heading: headlineHere('being-removed') };

const FAILED: PageText = {
  status: 502,
  heading: headlineHere('build-failed'),
  message: 'The pull request shows what went wrong. A build that succeeds appears here automatically.',
  tone: 'bad',
  icon: 'cross',
  retryAfter: null,
  watches: true,
};

const NEWER_COMMIT: PageText = {
  ...ENDED,
  heading: 'There is no preview of this commit',
  message: 'A newer commit arrived before it was live.',
  icon: 'skip',
  watches: false,
};

const BUILD_REMOVED: PageText = {
  ...ENDED,
  status: 410,
  heading: headlineHere('build-removed'),
  message: 'This commit was live before. Its files were removed.',
  icon: 'box',
  watches: false,
};

/** Programs cost memory, so only that of the commit that is live runs: docs/decisions/0014. */
export const PROGRAM_REMOVED_PAGE: PageText = {
  ...BUILD_REMOVED,
  heading: 'The program of this commit was stopped',
  message:
    'This commit was live before. Only the program of the newest one runs, and nothing of this one is kept. To see it again, create a branch at this commit and open a pull request for it: that gets a preview of its own.',
};

/**
 * The URL of a preview that shows nothing. The status tells a script that waits for a preview what to do: 503 come back, 502 the build
 * failed, 410 it was removed, 404 there is none.
 */
export const PREVIEW_PAGES: Readonly<Record<SituationKind, PageText>> = {
  waiting: {
    ...WAITS,
    heading: headlineHere('waiting'),
    message: 'The workflow has not started yet. The preview appears here automatically.',
    icon: 'clock',
  },
  'awaiting-approval': {
    ...WAITS,
    heading: headlineHere('awaiting-approval'),
    message: 'A person with write access to the repository must approve it first.',
    tone: 'calm',
    icon: 'hand',
    retryAfter: 60,
  },
  'skipped-by-rule': {
    ...ENDED,
    heading: headlineHere('skipped-by-rule'),
    message: 'A rule of the repository skips it:',
    icon: 'skip',
  },
  building: BUILDING,
  'building-while-live': BUILDING,
  live: BUILDING,
  asleep: {
    ...WAITS,
    heading: 'This preview is waking up',
    message: 'It was stopped because it had no visitors. It will be back in a moment.',
    icon: 'moon',
  },
  'build-failed': FAILED,
  'failed-while-live': FAILED,
  'build-cancelled': {
    ...ENDED,
    heading: headlineHere('build-cancelled'),
    message: 'Run the workflow again to get a preview of it. It appears here automatically.',
    icon: 'skip',
  },
  replaced: NEWER_COMMIT,
  'newer-commit': NEWER_COMMIT,
  'build-removed': BUILD_REMOVED,
  'being-removed': GONE,
  removed: GONE,
  'never-live': GONE,
};

interface CommitPage extends PageText {
  /** The link of the page; the pull request when this is not given. */
  readonly leadsTo?: 'preview' | 'logs';
}

const COMMIT_BUILDING: CommitPage = { ...BUILDING, heading: headlineHere('building', 'commit') };

/** The URL of one commit that cannot be shown. Every commit has its own state, independent of the others. */
export const COMMIT_PAGES: Readonly<Record<SituationKind, CommitPage>> = {
  ...PREVIEW_PAGES,
  waiting: { ...PREVIEW_PAGES.waiting, heading: headlineHere('waiting', 'commit') },
  building: COMMIT_BUILDING,
  'building-while-live': COMMIT_BUILDING,
  live: { ...BUILD_REMOVED, leadsTo: 'preview' },
  asleep: { ...BUILD_REMOVED, leadsTo: 'preview' },
  'build-failed': { ...FAILED, leadsTo: 'logs' },
  'failed-while-live': { ...FAILED, leadsTo: 'logs' },
  'build-cancelled': { ...PREVIEW_PAGES['build-cancelled'], leadsTo: 'logs' },
  replaced: { ...NEWER_COMMIT, leadsTo: 'preview' },
  'newer-commit': { ...NEWER_COMMIT, leadsTo: 'preview' },
  'build-removed': { ...BUILD_REMOVED, leadsTo: 'preview' },
};

export const ELSEWHERE_PAGE: PageText = {
  ...ENDED,
  heading: 'This preview is deployed elsewhere',
  message: 'The workflow deployed it to another URL. This server does not serve it.',
  icon: 'away',
  watches: false,
};

export const OTHER_PAGES = {
  unknown: {
    status: 404,
    heading: 'There is no preview here',
    message: 'Check the URL. A preview that was requested just now appears here automatically.',
    tone: 'calm',
    icon: 'search',
    retryAfter: null,
    watches: true,
  },
  missing: {
    status: 404,
    heading: 'Page not found',
    message: 'This preview is live, but it has no page at this URL.',
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
  unavailable: {
    status: 503,
    heading: 'This preview is unavailable for a moment',
    message:
      'The server is starting, or it cannot reach its database. Nothing is lost: the preview appears here automatically.',
    tone: 'progress',
    icon: 'clock',
    retryAfter: 5,
    watches: true,
  },
  unreachable: {
    status: 502,
    heading: 'This preview does not answer',
    message:
      'Its program is not running, or does not listen where it should. The log of its deployment shows more.',
    tone: 'bad',
    icon: 'cross',
    retryAfter: 5,
    watches: false,
  },
  crashed: {
    status: 502,
    heading: 'This preview has stopped working',
    message:
      'Its program ended, or does not answer any more. The log of its deployment shows more. The preview appears here automatically when it is back.',
    tone: 'bad',
    icon: 'cross',
    retryAfter: 30,
    watches: true,
  },
  unwakeable: {
    status: 502,
    heading: 'This preview did not wake up',
    message:
      'It was stopped because it had no visitors, and its program does not start again. Reload the page to try once more, or deploy the commit again.',
    tone: 'bad',
    icon: 'moon',
    retryAfter: 30,
    watches: true,
  },
  silent: {
    status: 504,
    heading: 'This preview takes too long',
    message:
      'Its program took the request and did not answer it. Try again, or look at the log of its deployment.',
    tone: 'bad',
    icon: 'clock',
    retryAfter: 5,
    watches: false,
  },
  broken: {
    status: 500,
    heading: 'This preview cannot be shown',
    message: 'The server could not read it. Try again. If that does not help, deploy the commit again.',
    tone: 'bad',
    icon: 'cross',
    retryAfter: null,
    watches: true,
  },
} as const satisfies Record<string, PageText>;

/** The text and the behaviour of one page. */
export interface PageText {
  readonly status: number;
  readonly heading: string;
  readonly message: string;
  readonly tone: 'progress' | 'calm' | 'bad';
  readonly icon: keyof typeof ICONS;
  /** Seconds for `Retry-After`; null when no change is expected soon. */
  readonly retryAfter: number | null;
  /** The page reloads when the state of the preview changes. */
  readonly watches: boolean;
}

/** SVG paths on a 24 by 24 grid. */
export const ICONS = {
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13ZM15.2 15.2 20 20',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM12 7.5V12l3 2',
  build: 'M12 3v4M12 17v4M3 12h4M17 12h4M5.6 5.6l2.9 2.9M15.5 15.5l2.9 2.9M5.6 18.4l2.9-2.9M15.5 8.5l2.9-2.9',
  hand: 'M12 3 4.5 6v5.5c0 4.6 3.1 7.9 7.5 9.5 4.4-1.6 7.5-4.9 7.5-9.5V6L12 3ZM9 12l2.2 2.2L15.2 10',
  lock: 'M7 11V8a5 5 0 0 1 10 0v3M5.5 11h13v9.5h-13ZM12 14.5v2.5',
  moon: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10Z',
  cross: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM9.2 9.2l5.6 5.6M14.8 9.2l-5.6 5.6',
  box: 'M4 8.5 12 4l8 4.5v7L12 20l-8-4.5v-7ZM4 8.5l8 4.5 8-4.5M12 13v7',
  skip: 'M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM8.5 12h7',
  away: 'M9.5 5H5v14h14v-4.5M13.5 4.5h6v6M19 5l-8 8',
  file: 'M7 3.5h7l4 4V20.5H7V3.5ZM14 3.5v4h4M10 12h5M10 15.5h5',
} as const;
