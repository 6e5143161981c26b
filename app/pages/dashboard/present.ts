import { type Environment, isActive, type Pusher } from '../../../src/environments/model.js';
import { protectionOf } from '../../../src/deployments/protection.js';
import type { AccessMode } from '../../../src/shared/preview-access.js';
import { DEPLOYMENT } from '../../../src/shared/status/deployment.js';
import { ENVIRONMENT } from '../../../src/shared/status/environment.js';
import type { DeploymentStatus, EnvironmentStatus } from '../../../src/shared/status/words.js';
import { avatarOf } from './avatar.js';
import type { Favicon } from './shell.js';

/** How a status looks: its word, and the tone that gives the colour. */
export interface Badge {
  readonly label: string;
  readonly tone: Favicon;
}

export function environmentBadge(status: EnvironmentStatus): Badge {
  const { label, tone } = ENVIRONMENT[status].text;
  return { label, tone };
}

export function deploymentBadge(status: DeploymentStatus): Badge {
  const { label, tone } = DEPLOYMENT[status].text;
  return { label, tone };
}

export interface PersonModel {
  readonly login: string;
  readonly avatar: string;
}

export function personModel(login: string | null | undefined): PersonModel | null {
  return login ? { login, avatar: avatarOf(login) } : null;
}

export interface CommitModel {
  readonly sha: string;
  /** Empty where GitHub has no page of it. */
  readonly url: string;
}

export function commitModel({ pullRequest }: Pick<Environment, 'pullRequest'>, sha: string): CommitModel {
  return { sha, url: pullRequest ? `${pullRequest.url}/commits/${sha}` : '' };
}

/** Who pushed the newest commit, or the author of the pull request. */
export function ownerOf({
  pullRequest,
  head,
}: Pick<Environment, 'pullRequest' | 'head'>): Pusher['login'] | null {
  return pullRequest?.author.login ?? head?.by?.login ?? null;
}

/** Without its protocol, for people. */
export function shownUrl(url: string): string {
  return url.replace(/^https?:\/\//, '').replace(/\/$/, '');
}

/** One of the values of a field that people choose from. */
export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly isChosen: boolean;
}

export function choiceOf(value: string, label: string, chosen: string): Choice {
  return { value, label, isChosen: value === chosen };
}

/** A path with what is given of a query. */
export function addressWith(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const text = String(new URLSearchParams(given));
  return text === '' ? path : `${path}?${text}`;
}

/** Who may open a preview, in a few words. */
export const ACCESS_LABELS: Readonly<Record<AccessMode, string>> = {
  public: 'Public',
  password: 'With a password',
  github: 'Only readers of the repository',
};

/** What a lock beside a preview means; empty for one that this server does not protect. */
export function lockOf(environment: Environment): string {
  const { access } = protectionOf(environment);
  const isOpen = access === 'public' || environment.current?.reach.kind === 'elsewhere';
  return isOpen || !isActive(environment) ? '' : `Protected: ${ACCESS_LABELS[access].toLowerCase()}`;
}
