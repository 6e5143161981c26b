import type { Head, Pusher } from '../environments/model.js';
import type { StoredEnvironment } from '../environments/store.js';
import type { Actor, PullRequestFacts } from '../pull-requests/facts.js';
import { type RepositoryPermission, wantsToApprove } from '../pull-requests/trust.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { ReachableRepository, RepoRef } from '../repositories/model.js';
import type { SettingsProblem } from '../settings/problem.js';
import { defaultSettings, parseSettings, type Settings } from '../settings/settings.js';

/** A pull request was seen, in a webhook or by asking GitHub. */
export interface Observation {
  /** The webhook's action, or `NOTICED` when GitHub's API was read without one. */
  readonly action: string;
  readonly repo: ReachableRepository;
  readonly facts: PullRequestFacts;
  /** Who caused the webhook. Without a webhook, it decides nothing. */
  readonly sender: Actor & { readonly isBot?: boolean | undefined };
  readonly label?: string;
}

/** All that a decision depends on besides the observation and the environment. */
export interface Inputs {
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
  readonly pusher: Pusher;
  /** Of the pusher of the newest commit. */
  readonly permission: RepositoryPermission | undefined;
  /** Of the sender, when the event may approve that commit. */
  readonly senderPermission: RepositoryPermission | undefined;
  readonly changedFiles: readonly string[] | undefined;
  readonly commitMessage: string | undefined;
  /** False when GitHub was not asked: the stored settings stay. */
  readonly fresh: boolean;
}

interface Seen {
  readonly observation: Observation;
  /** The environments that are stored for its pull request. */
  readonly stored: readonly StoredEnvironment[];
}

/** For a closed pull request GitHub is not asked: its previews must be removed even when GitHub refuses every read. */
export async function loadInputs(ports: GitHubPorts, seen: Seen): Promise<Inputs> {
  return seen.observation.facts.state === 'open' ? readInputs(ports, seen) : storedInputs(seen);
}

function storedInputs({ observation, stored }: Seen): Inputs {
  return {
    settings: stored[0]?.settings ?? defaultSettings(),
    problems: [],
    pusher: pusherOf(observation, stored),
    permission: undefined,
    senderPermission: undefined,
    changedFiles: undefined,
    commitMessage: storedMessage({ observation, stored }),
    fresh: false,
  };
}

/**
 * Reads from GitHub, in parallel, all that a decision needs. The policy comes from the default branch only; the settings of the head
 * may only say how it is built. The settings of a fork's head are not read: a stranger's file must not reach the parser.
 */
async function readInputs({ github }: GitHubPorts, { observation, stored }: Seen): Promise<Inputs> {
  const { facts, sender } = observation;
  const repo = refOf(observation.repo);
  const own = facts.head.repoId === facts.base.repoId;
  const pusher = pusherOf(observation, stored);
  const message = storedMessage({ observation, stored });
  const early = message === undefined && own && hasSkipWords(stored[0]?.settings ?? defaultSettings());
  const [base, head, permission, senderPermission, read] = await Promise.all([
    github.settingsFile(repo, null),
    own ? github.settingsFile(repo, facts.head.sha) : undefined,
    github.permission(repo, pusher.login),
    wantsToApprove(observation) ? github.permission(repo, sender.login) : undefined,
    early ? github.commitMessage(repo, facts.head.sha) : message,
  ]);
  const { settings, problems } = parseSettings({ base, head: own ? (head ?? null) : undefined });
  const late = message === undefined && !early && hasSkipWords(settings) && (own || allowsForks(settings));
  const [changedFiles, commitMessage] = await Promise.all([
    hasPathFilter(settings) ? github.changedFiles(repo, facts.number) : undefined,
    late ? github.commitMessage(repo, facts.head.sha) : read,
  ]);
  const people = { pusher, permission, senderPermission };
  return { settings, problems, ...people, changedFiles, commitMessage, fresh: true };
}

/** The message of a commit never changes, so a stored one is used. */
function storedMessage({ observation: { facts }, stored }: Seen): string | undefined {
  const same = stored.find(({ pullRequest }) => pullRequest?.head.sha === facts.head.sha);
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

export function refOf(repo: ReachableRepository): RepoRef {
  return { installationId: repo.installationId, repoId: repo.id, fullName: repo.fullName };
}

/** Only the webhook of a push says who pushed. The senders of all other events need not have pushed anything. */
export function tellsWhoPushed({ action }: Pick<Observation, 'action'>): boolean {
  return action === 'synchronize';
}

/** Who pushed the newest commit, or the author of the pull request when no event said it. */
function pusherOf(
  { action, facts, sender }: Observation,
  stored: readonly { readonly head: Head | null }[],
): Pusher {
  if (tellsWhoPushed({ action })) return { login: sender.login, isBot: sender.isBot ?? false };
  const pusher = stored.find(({ head }) => head?.sha === facts.head.sha && head.by)?.head?.by;
  return pusher ?? { login: facts.author.login, isBot: facts.author.isBot };
}
