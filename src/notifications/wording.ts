import { oneLine } from '../shared/markdown.js';
import type { ChannelEvent } from '../shared/notification-words.js';
import { showDuration } from '../shared/time.js';
import type { Facts, NotificationEvent } from './notification.js';

/** The words of a notification before a medium writes them in its own syntax. All of them may hold text of strangers. */
export interface Wording {
  readonly title: string;
  readonly tone: 'good' | 'bad' | 'neutral';
  /** Where the reader goes next. */
  readonly action: { readonly label: string; readonly url: string } | null;
  readonly lines: readonly { readonly label: string; readonly value: string; readonly url: string | null }[];
}

const EVENTS: Readonly<
  Record<ChannelEvent | 'test', { readonly title: (what: string) => string; readonly tone: Wording['tone'] }>
> = {
  'deployment.succeeded': { title: (what) => `The preview of ${what} is live`, tone: 'good' },
  'deployment.failed': { title: (what) => `The deployment of ${what} failed`, tone: 'bad' },
  'environment.destroyed': { title: (what) => `The preview of ${what} was removed`, tone: 'neutral' },
  'environment.unhealthy': { title: (what) => `The preview of ${what} does not answer`, tone: 'bad' },
  'approval.needed': { title: (what) => `The preview of ${what} waits for approval`, tone: 'neutral' },
  test: { title: (what) => `A test: the notifications of ${what} arrive here`, tone: 'neutral' },
};

const TEXT = 200;
const REASON = 500;

export function wordingOf(event: NotificationEvent, facts: Facts): Wording {
  const { pullRequest, deployment, reason } = facts;
  const { title, tone } = event in EVENTS ? EVENTS[event as ChannelEvent] : EVENTS.test;
  const lines = [
    line(
      'Pull request',
      pullRequest && `#${String(pullRequest.number)} ${pullRequest.title}`,
      pullRequest?.url,
    ),
    line('Author', pullRequest && pullRequest.author),
    line('Branch', deployment && deployment.branch),
    line('Commit', deployment && commitOf(deployment), deployment?.commitUrl),
    line('Took', deployment && deployment.seconds !== null ? showDuration(deployment.seconds * 1_000) : null),
    line('Reason', reason, null, REASON),
    line('Repository', facts.repository),
  ];
  return {
    title: oneLine(title(subjectOf(facts)), TEXT),
    tone,
    action: actionOf(event, facts),
    lines: lines.filter((each) => each !== null),
  };
}

/** `site #12`, or `site (staging)` for a branch. */
function subjectOf({ project, pullRequest, environment }: Facts): string {
  if (pullRequest) return `${project.name} #${String(pullRequest.number)}`;
  return environment.name === '' ? project.name : `${project.name} (${environment.name})`;
}

function commitOf({ commit, commitMessage }: NonNullable<Facts['deployment']>): string {
  const [subject = ''] = (commitMessage ?? '').split('\n', 1);
  return `${commit.slice(0, 7)} ${subject}`.trim();
}

function line(
  label: string,
  value: string | null,
  url: string | null = null,
  max: number = TEXT,
): Wording['lines'][number] | null {
  const text = value === null ? '' : oneLine(value, max);
  return text === '' ? null : { label, value: text, url: webUrl(url) };
}

function actionOf(
  event: NotificationEvent,
  { deployment, environment, pullRequest }: Facts,
): Wording['action'] {
  const live = event === 'deployment.succeeded' && webUrl(deployment?.url ?? environment.url);
  if (live) return { label: 'Open the preview', url: live };
  const log = event === 'deployment.failed' && webUrl(deployment?.logsUrl ?? null);
  if (log) return { label: 'Open the log', url: log };
  const page = webUrl(pullRequest?.url ?? null);
  return page === null ? null : { label: 'Open the pull request', url: page };
}

const ZERO_WIDTH = '\u200b';

/** Mail programs make a link of every word that looks like one. In these words only what we link is one. */
export function withoutLinks({ title, lines, ...rest }: Wording): Wording {
  const unlinked = (text: string) => text.replace(/:(?=\/\/)|[@.](?=\p{L})/gu, `$&${ZERO_WIDTH}`);
  return {
    ...rest,
    title: unlinked(title),
    lines: lines.map((each) => ({ ...each, value: unlinked(each.value) })),
  };
}

/** A workflow may have given any address. */
function webUrl(text: string | null): string | null {
  const url = text !== null && URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : null;
}
