import { E } from '../../src/shared/status/words.js';
import { COMMIT_PAGES } from './commit-page-texts.js';
import type { PageText } from './page-text.js';
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

/**
 * 503 says "come back", 502 "the build broke", 410 "it was here", 404 "nothing is coming by itself": a script that waits for a preview
 * can tell them apart. A build that failed says the same for a commit and for the preview.
 */
export const STATUS_PAGES: Readonly<Record<PageState, PageText>> = {
  [E.pending]: {
    ...building,
    heading: 'This preview is waiting for its build',
    message: 'The workflow has not started yet. The preview appears here by itself.',
    icon: 'clock',
  },
  [E.awaitingApproval]: {
    ...building,
    heading: 'This preview awaits approval',
    message: 'Somebody who may write to the repository has to approve it first.',
    tone: 'calm',
    icon: 'hand',
    retryAfter: 60,
  },
  [E.provisioning]: building,
  [E.ready]: building,
  [E.updating]: building,
  [E.sleeping]: {
    ...building,
    heading: 'This preview is waking up',
    message: 'Nobody visited it for a while. It is back in a moment.',
    icon: 'moon',
  },
  [E.destroying]: gone,
  [E.destroyed]: gone,
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
