import type { Settings } from '../../settings/settings.js';
import { type DecideInput, isLive } from './input.js';

/** A limit of previews that is reached. */
interface Full {
  readonly of: 'project' | 'author';
  readonly most: number;
}

/** Which limit leaves no place for one more preview; undefined while there is one. */
export function fullLimit(input: DecideInput): Full | undefined {
  const { environmentsInProject, environmentsOfAuthor = 0 } = input.counts;
  const { environments, environmentsPerUser } = input.settings.limits;
  if (isLive(input)) return undefined;
  if (environmentsInProject >= environments) return limitOf('project', input.settings);
  return environmentsOfAuthor >= environmentsPerUser ? limitOf('author', input.settings) : undefined;
}

export function limitOf(of: Full['of'], { limits }: Settings): Full {
  return { of, most: of === 'project' ? limits.environments : limits.environmentsPerUser };
}

export function limitDetail(full: Full | undefined): string {
  if (!full) return '';
  return `${allTaken(full)} Close a pull request and push again, or raise "${keyOf(full)}".`;
}

/** Where idle previews give way, and there is no idle one. */
export function noneIdleDetail(full: Full): string {
  return `${allTaken(full)} None of them is idle: each is visited, is pinned, is being built, or waits for its build. Push again later, close a pull request, or raise "${keyOf(full)}".`;
}

export function queuedDetail(full: Full | undefined): string {
  if (!full) return '';
  return `${allTaken(full)} This pull request gets the next free place. Close another one, or raise "${keyOf(full)}".`;
}

function allTaken({ of, most }: Full): string {
  const previews = most === 1 ? '1 preview' : `${String(most)} previews`;
  return of === 'project'
    ? `This project already has ${previews}, the most it may have.`
    : `The author of this pull request already has ${previews} in this project, the most that one person may have.`;
}

function keyOf({ of }: Full): string {
  return of === 'project' ? 'limits.environments' : 'limits.environments-per-user';
}
