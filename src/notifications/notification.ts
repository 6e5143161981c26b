import type { ChannelEvent, ChannelKind } from '../shared/notification-words.js';
import type { Page, PageRequest } from '../shared/pages.js';
import type { NotificationStatus } from '../shared/status/words.js';

/** How a notification is sent. */
export type Medium = ChannelKind | 'email';

/** Mails that belong to an account rather than to a project. */
export const ACCOUNT_EVENTS = [
  'account.sign-up',
  'account.reset',
  'account.password-changed',
  'account.invited',
] as const;
export type AccountEvent = (typeof ACCOUNT_EVENTS)[number];

export type NotificationEvent = ChannelEvent | AccountEvent | 'test';

/** What happened, as it was then. It holds no secret: what failed is redacted before it is stored anywhere. */
export interface Facts {
  readonly project: { readonly id: string; readonly name: string };
  readonly repository: string;
  readonly environment: { readonly id: string; readonly name: string; readonly url: string };
  readonly pullRequest: {
    readonly number: number;
    readonly title: string;
    readonly author: string;
    readonly url: string;
  } | null;
  readonly deployment: {
    readonly id: string;
    readonly commit: string;
    readonly branch: string;
    readonly commitMessage: string | null;
    readonly url: string | null;
    readonly commitUrl: string | null;
    readonly logsUrl: string | null;
    readonly seconds: number | null;
  } | null;
  /** Why it failed, or why it waits; null when there is nothing to explain. */
  readonly reason: string | null;
  readonly at: string;
}

/** What an account mail is about besides its address. */
export interface AccountFacts {
  readonly project: { readonly id: string; readonly name: string } | null;
  readonly invitedBy: string | null;
}

/** How the last attempt ended. */
export interface Answer {
  /** Of HTTP; null for a mail, and when there was no answer. */
  readonly status: number | null;
  /** The beginning of what the other side said. */
  readonly text: string;
}

/** One message to one recipient. It is made once, and sent until it arrives or is given up. */
export interface Notification {
  readonly id: string;
  /** Unique: the same recipient is told of the same event of the same thing once. */
  readonly key: string;
  readonly medium: Medium;
  readonly event: NotificationEvent;
  readonly projectId: string | null;
  readonly channelId: string | null;
  readonly userId: string | null;
  /** The address of a mail. */
  readonly to: string | null;
  readonly facts: Facts | null;
  readonly account: AccountFacts | null;
  readonly status: NotificationStatus;
  readonly attempts: number;
  /** When it is tried next; null when it is not. */
  readonly nextAt: Date | null;
  readonly answer: Answer | null;
  readonly error: string | null;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
}

export type NewNotification = Pick<Notification, 'id' | 'key' | 'medium' | 'event'> &
  Partial<Pick<Notification, 'projectId' | 'channelId' | 'userId' | 'to' | 'facts' | 'account'>>;

/** The right of one worker to send a notification, until its lease ends. */
export interface NotificationClaim {
  readonly notification: Notification;
  readonly owner: string;
  readonly fence: number;
  /** An earlier attempt began to send and did not say how that ended: its process is gone. */
  readonly interrupted: boolean;
}

export interface Outcome {
  readonly status: NotificationStatus;
  readonly answer: Answer | null;
  readonly error: string | null;
  /** With `waiting`: when it is tried again. */
  readonly retryInMs: number | null;
}

export interface NotificationFilter {
  readonly status?: NotificationStatus;
  readonly channelId?: string;
}

export interface NotificationStore {
  /** Inserts it to be sent at once, unless its key is there. False when it was. */
  add(fresh: NewNotification): Promise<boolean>;
  /** Takes those that are due, by lease on the clock of the database. */
  claim(
    by: { readonly owner: string; readonly leaseMs: number },
    most: number,
  ): Promise<readonly NotificationClaim[]>;
  /** Takes one, due or not, unless another worker holds it. */
  claimOne(
    id: string,
    by: { readonly owner: string; readonly leaseMs: number },
  ): Promise<NotificationClaim | null>;
  /** Written down before something is sent. False when the claim was lost. */
  begin(claim: NotificationClaim): Promise<boolean>;
  /** Ends the claim; false when it was lost. */
  finish(claim: NotificationClaim, outcome: Outcome): Promise<boolean>;
  get(projectId: string, id: string): Promise<Notification | null>;
  /** Newest first. */
  ofProject(projectId: string, filter: NotificationFilter, page: PageRequest): Promise<Page<Notification>>;
  /** To be sent again, with a fresh count of attempts. Null when there is none, or a worker is sending it. */
  again(projectId: string, id: string): Promise<Notification | null>;
  deleteOfProject(projectId: string): Promise<void>;
  /** Of those that are over, the ones that were made before then. Answers how many. */
  deleteBefore(before: Date): Promise<number>;
}

/** Something happened that may be worth a notification. It is written down in the same write as what happened. */
export interface Announcement {
  readonly noun: 'deployment' | 'environment';
  readonly id: string;
  readonly at: Date;
}

export interface AnnouncementStore {
  /** Oldest first. */
  next(most: number): Promise<readonly Announcement[]>;
  /** Unless something else was announced of it since. */
  done(announcement: Announcement): Promise<void>;
}

export interface NotificationPorts {
  readonly notifications: NotificationStore;
  readonly announcements: AnnouncementStore;
}
