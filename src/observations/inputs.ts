import type { StepSource } from '../environments/history.js';
import type { Head, Pusher } from '../environments/model.js';
import type { StoredEnvironment } from '../environments/store.js';
import { type Actor, isFork, type PullRequestFacts } from '../pull-requests/facts.js';
import { type RepositoryPermission, wantsToApprove } from '../pull-requests/trust.js';
import { askAbout, refOf } from '../repositories/ask.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { ReachableRepository, Repo, RepositoryPorts } from '../repositories/model.js';
import type { SettingsProblem } from '../settings/problem.js';
import type { SettingsText } from '../settings/read.js';
import { defaultSettings, parseSettings, type Settings } from '../settings/settings.js';
import type { Tools } from '../shared/tools.js';

/** A pull request was seen, in a webhook or by asking GitHub. */
export interface Observation {
  /** The webhook's action, or `NOTICED` when GitHub's API was read without one. */
  readonly action: string;
  readonly repo: ReachableRepository;
  readonly facts: PullRequestFacts;
  /** Who caused the webhook. Without a webhook, it decides nothing. */
  readonly sender: Actor & { readonly isBot?: boolean | undefined };
  readonly label?: string;
  /** A person who may write to the repository approved one commit of one environment without a webhook. The caller checked the person. */
  readonly approval?: Approval | undefined;
  /** A run is about to build the newest commit: what the decision was made without is read now, and decides again. */
  readonly beforeBuild?: boolean;
  /** Where the observation comes from; a request to the API unless it is said. */
  readonly source?: StepSource | undefined;
}

export interface Approval {
  readonly environmentId: string;
  readonly sha: string;
}

/** All that a decision depends on besides the observation and the environment. */
export interface Inputs {
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
  /** The settings file of the newest commit; undefined while no run has begun to build it. */
  readonly headFile: SettingsText | null | undefined;
  readonly pusher: Pusher;
  /** Of the pusher of the newest commit. */
  readonly permission: RepositoryPermission | undefined;
  /** Of the sender, when the event may approve that commit. */
  readonly senderPermission: RepositoryPermission | undefined;
  readonly changedFiles: readonly string[] | undefined;
  readonly commitMessage: string | undefined;
  /** When the newest commit was made. */
  readonly committedAt: Date | undefined;
  /** False when the policy was not looked at: the stored settings stay. */
  readonly fresh: boolean;
}

type Ports = Pick<RepositoryPorts, 'repos'> & GitHubPorts & Pick<Tools, 'clock'>;

interface Seen {
  readonly observation: Observation;
  /** The environments that are stored for its pull request. */
  readonly stored: readonly StoredEnvironment[];
  /** With what GitHub said of it earlier. */
  readonly repository: Repo;
}

/** For a closed pull request GitHub is not asked: its previews must be removed even when GitHub refuses every read. */
export async function loadInputs(ports: Ports, seen: Seen): Promise<Inputs> {
  return seen.observation.facts.state === 'open' ? readInputs(ports, seen) : storedInputs(seen);
}

function storedInputs({ observation, stored, repository }: Seen): Inputs {
  return {
    settings: stored[0]?.settings ?? defaultSettings(),
    problems: [],
    headFile: undefined,
    pusher: pusherOf(observation, stored),
    permission: undefined,
    senderPermission: undefined,
    changedFiles: undefined,
    commitMessage: knownMessage({ observation, stored, repository }),
    committedAt: undefined,
    fresh: false,
  };
}

/**
 * Decides from what is known: the policy of the default branch and the permissions of people are kept with the repository, and the
 * settings file of the commit, which may only say how it is built, is read when a run builds it. What is missing is asked side by side.
 */
async function readInputs(ports: Ports, seen: Seen): Promise<Inputs> {
  const { observation, stored, repository } = seen;
  const { facts, sender, beforeBuild = false } = observation;
  const { github } = ports;
  const repo = refOf(observation.repo);
  const pusher = pusherOf(observation, stored);
  const trusted = isFork(facts) || pusher.isBot ? [] : [pusher.login];
  const approver = wantsToApprove(observation) ? [sender.login] : [];
  const [{ policy, permissions }, headFile] = await Promise.all([
    askAbout(ports, {
      // What is kept may have changed since the observation was made.
      repo: { ...observation.repo, kept: repository.kept, epoch: repository.epoch },
      logins: [...trusted, ...approver],
      again: beforeBuild,
    }),
    headFileOf(ports, seen),
  ]);
  const { settings, problems } = parseSettings({ base: policy ?? undefined, head: headFile });
  const message = knownMessage(seen);
  const [changedFiles, commit] = await Promise.all([
    hasPathFilter(settings) ? github.changedFiles(repo, facts.number) : undefined,
    message === undefined && mustReadMessage(settings, observation)
      ? github.commit(repo, facts.head.sha)
      : undefined,
  ]);
  return {
    settings,
    problems,
    headFile,
    pusher,
    permission: permissions.get(pusher.login),
    senderPermission: approver.length > 0 ? permissions.get(sender.login) : undefined,
    changedFiles,
    commitMessage: message ?? commit?.message,
    committedAt: commit?.committedAt ?? knownTime(seen),
    fresh: true,
  };
}

/** The settings of a fork's head are not read: a stranger's file must not reach the parser. */
async function headFileOf(
  { github }: GitHubPorts,
  { observation: { facts, repo, beforeBuild }, stored }: Seen,
): Promise<SettingsText | null | undefined> {
  if (isFork(facts)) return undefined;
  const known = stored.find(({ head }) => head?.sha === facts.head.sha && head.settingsFile !== undefined);
  if (known || beforeBuild !== true) return known?.head?.settingsFile;
  const answer = await github.settingsFile(refOf(repo), { sha: facts.head.sha });
  return answer.kind === 'file' ? answer.file : null;
}

/** The message of a commit never changes. A push with a skip word is remembered, because a pull request event does not hold the message. */
function knownMessage({ observation: { facts }, stored, repository }: Seen): string | undefined {
  const same = stored.find(({ pullRequest }) => pullRequest?.head.sha === facts.head.sha);
  const pushed = repository.kept?.skipped?.find(({ sha }) => sha === facts.head.sha);
  return facts.commitMessage ?? same?.pullRequest?.commitMessage ?? pushed?.message;
}

function knownTime({ observation: { facts }, stored }: Seen): Date | undefined {
  const same = stored.find(({ pullRequest }) => pullRequest?.head.sha === facts.head.sha);
  return facts.committedAt ?? same?.pullRequest?.committedAt;
}

/** A push to a fork is not heard of. */
function mustReadMessage({ triggers }: Settings, { facts, beforeBuild }: Observation): boolean {
  if (triggers.skipWords.length === 0) return false;
  return isFork(facts) ? triggers.forks !== 'deny' : beforeBuild === true;
}

function hasPathFilter(settings: Settings): boolean {
  const { include, ignore } = settings.triggers.paths;
  return include.length > 0 || ignore.length > 0 || settings.projects.some(({ paths }) => paths.length > 0);
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
