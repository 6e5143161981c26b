import type { Bringer } from '../environments/model.js';
import type { StoredEnvironment } from '../environments/store.js';
import { wantsToApprove, type RepositoryPermission } from '../pull-requests/trust.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { SettingsProblem } from '../settings/problem.js';
import { defaultSettings, parseSettings, type Settings } from '../settings/settings.js';
import { bringerOf, refOf, type Observation } from './observation.js';

type Ports = GitHubPorts;

export interface Policy {
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
  readonly bringer: Bringer;
  /** Of the one who brought the newest commit. */
  readonly permission: RepositoryPermission | undefined;
  /** Of the one who caused the event, where it wants to approve that commit. */
  readonly senderPermission: RepositoryPermission | undefined;
  readonly changedFiles: readonly string[] | undefined;
  readonly commitMessage: string | undefined;
  /** False when GitHub was not asked: what is stored stands. */
  readonly fresh: boolean;
}

export interface Question {
  readonly seen: Observation;
  readonly known: readonly StoredEnvironment[];
}

type Needs = Pick<Ports, 'github'>;

/** Closing needs nothing of GitHub: whatever it refuses to show, what was made for the pull request must go. */
export function storedPolicy({ seen, known }: Question): Policy {
  return {
    settings: known[0]?.settings ?? defaultSettings(),
    problems: [],
    bringer: bringerOf(seen, known),
    permission: undefined,
    senderPermission: undefined,
    changedFiles: undefined,
    commitMessage: knownMessage({ seen, known }),
    fresh: false,
  };
}

/**
 * Asks GitHub side by side for all that a decision needs. Policy comes from the default branch only; the head may only say how it
 * is built. Nothing is asked for the head of a fork: what a stranger writes there must not reach the parser unasked.
 */
export async function readPolicy({ github }: Needs, { seen, known }: Question): Promise<Policy> {
  const { facts, sender } = seen;
  const repo = refOf(seen.repo);
  const own = facts.head.repoId === facts.base.repoId;
  const bringer = bringerOf(seen, known);
  const message = knownMessage({ seen, known });
  const early = message === undefined && own && hasSkipWords(known[0]?.settings ?? defaultSettings());
  const [base, head, permission, senderPermission, read] = await Promise.all([
    github.settingsFile(repo, null),
    own ? github.settingsFile(repo, facts.head.sha) : undefined,
    github.permission(repo, bringer.login),
    wantsToApprove(seen) ? github.permission(repo, sender.login) : undefined,
    early ? github.commitMessage(repo, facts.head.sha) : message,
  ]);
  const { settings, problems } = parseSettings({ base, head: own ? (head ?? null) : undefined });
  const late = message === undefined && !early && hasSkipWords(settings) && (own || allowsForks(settings));
  const [changedFiles, commitMessage] = await Promise.all([
    hasPathFilter(settings) ? github.changedFiles(repo, facts.number) : undefined,
    late ? github.commitMessage(repo, facts.head.sha) : read,
  ]);
  const people = { bringer, permission, senderPermission };
  return { settings, problems, ...people, changedFiles, commitMessage, fresh: true };
}

/** A commit keeps its message. */
function knownMessage({ seen: { facts }, known }: Question): string | undefined {
  const same = known.find(({ pullRequest }) => pullRequest?.head.sha === facts.head.sha);
  return facts.commitMessage ?? same?.pullRequest?.commitMessage;
}

function hasSkipWords({ triggers }: Settings): boolean {
  return triggers.skipWords.length > 0;
}

function allowsForks({ triggers }: Settings): boolean {
  return triggers.forks !== 'deny';
}

function hasPathFilter(settings: Settings): boolean {
  const { include, ignore } = settings.triggers.paths;
  return include.length > 0 || ignore.length > 0 || settings.projects.some(({ paths }) => paths.length > 0);
}
