import type { StepSource } from '../environments/history.js';
import type { Head, Pusher } from '../environments/model.js';
import type { StoredEnvironment } from '../environments/store.js';
import { type Actor, isFork, type PullRequestFacts } from '../pull-requests/facts.js';
import { type RepositoryPermission, wantsToApprove } from '../pull-requests/trust.js';
import { askAbout, refOf } from '../repositories/ask.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { ReachableRepository, Repo, RepositoryPorts } from '../repositories/model.js';
import { isKept, type Project } from '../projects/project.js';
import { beneathFile } from '../projects/settings.js';
import type { SettingsProblem } from '../settings/problem.js';
import type { SettingsText } from '../settings/read.js';
import type { AccessMode } from '../shared/preview-access.js';
import { defaultSettings, type ParsedSettings, parseSettings, type Settings } from '../settings/settings.js';
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
  /** The login of a person, or the name of an operator's token. */
  readonly actor: string;
}

/** Whether it approves the newest commit of this very environment, by a request to the API. */
export function approves({ approval, facts }: Observation, environmentId: string): boolean {
  return approval?.environmentId === environmentId && approval.sha === facts.head.sha;
}

/** Of the audit log, and the beginning of the sentence in the chain of decisions. */
export function approvalDetail(sha: string): string {
  return `Commit ${sha} was approved.`;
}

/** All that a decision depends on besides the observation and the environment. */
export interface Inputs {
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
  /** Those of projects for which the server keeps settings, by the id of the project. */
  readonly ofProject: ReadonlyMap<string, ParsedSettings>;
  /** The settings file of the newest commit; undefined while no run has begun to build it. */
  readonly headFile: SettingsText | null | undefined;
  /** The access that it asks for. */
  readonly headAccess: AccessMode | null | undefined;
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
  readonly projects: () => Promise<readonly Project[]>;
}

/** For a closed pull request GitHub is not asked: its previews must be removed even when GitHub refuses every read. */
export async function loadInputs(ports: Ports, seen: Seen): Promise<Inputs> {
  return seen.observation.facts.state === 'open' ? readInputs(ports, seen) : storedInputs(seen);
}

function storedInputs(seen: Seen): Inputs {
  const { observation, stored } = seen;
  return {
    settings: stored[0]?.settings ?? defaultSettings(),
    problems: [],
    ofProject: new Map(),
    headFile: undefined,
    headAccess: undefined,
    pusher: pusherOf(observation, stored),
    permission: undefined,
    senderPermission: undefined,
    changedFiles: undefined,
    commitMessage: knownMessage(seen),
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
  const pusher = pusherOf(observation, stored);
  const trusted = isFork(facts) || pusher.isBot ? [] : [pusher.login];
  const approver = wantsToApprove(observation) ? [sender.login] : [];
  const [{ policy, permissions }, headFile, projects] = await Promise.all([
    askAbout(ports, {
      // What is kept may have changed since the observation was made.
      repo: { ...observation.repo, kept: repository.kept, epoch: repository.epoch },
      logins: [...trusted, ...approver],
      again: beforeBuild,
    }),
    headFileOf(ports, seen),
    seen.projects(),
  ]);
  const { settings, problems, ofProject, askedAccess } = settingsOfAll(
    { base: policy ?? undefined, head: headFile },
    projects,
  );
  const message = knownMessage(seen);
  const [changedFiles, commit] = await readFiles(ports, { seen, message, settings, ofProject });
  return {
    settings,
    problems,
    ofProject,
    headFile,
    headAccess: askedAccess,
    pusher,
    permission: permissions.get(pusher.login),
    senderPermission: approver.length > 0 ? permissions.get(sender.login) : undefined,
    changedFiles,
    commitMessage: message ?? commit?.message,
    committedAt: commit?.committedAt ?? knownTime(seen),
    fresh: true,
  };
}

interface Reading {
  readonly seen: Seen;
  readonly message: string | undefined;
  readonly settings: Settings;
  readonly ofProject: Inputs['ofProject'];
}

/** What only some settings need: the changed files, and the commit with its message. */
async function readFiles({ github }: GitHubPorts, { seen, message, settings, ofProject }: Reading) {
  const { observation } = seen;
  const { facts } = observation;
  const repo = refOf(observation.repo);
  const filtered = [settings, ...[...ofProject.values()].map((own) => own.settings)].some(hasPathFilter);
  return Promise.all([
    filtered ? github.changedFiles(repo, facts.number) : undefined,
    message === undefined && mustReadMessage(settings, observation)
      ? github.commit(repo, facts.head.sha)
      : undefined,
  ]);
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

interface Texts {
  readonly base: SettingsText | undefined;
  readonly head: SettingsText | null | undefined;
}

/** The settings of the repository, and those of each project for which the server keeps some. */
function settingsOfAll(
  texts: Texts,
  projects: readonly Project[],
): ParsedSettings & Pick<Inputs, 'ofProject'> {
  const inFile = parseSettings(texts);
  const added = addedNames(inFile, projects.filter(isKept));
  const whole = added.length > 0 ? parseSettings({ ...texts, added }) : inFile;
  const changed = projects.filter(({ settings }) => Object.keys(settings).length > 0);
  const ofProject = new Map(
    changed.map((project) => {
      const all = keepsPlace(project) && added.length === 0 && inFile.settings.projects.length === 0;
      const names = all ? [project.name] : added;
      return [project.id, parseSettings({ ...texts, added: names, kept: beneathFile(project) })];
    }),
  );
  return { ...whole, ofProject };
}

function keepsPlace({ settings }: Project): boolean {
  return settings['root'] !== undefined || settings['paths'] !== undefined;
}

/**
 * The projects besides those that the file names: what people added, and the one of the whole repository where the file names none. That
 * one alone needs no name. A file with a mistake does not say which projects there are.
 */
function addedNames({ settings, problems }: ParsedSettings, projects: readonly Project[]): readonly string[] {
  const names = settings.projects.map(({ name }) => name);
  if (names.length === 0 && problems.some(({ level }) => level === 'error')) return [];
  const added = projects.filter(({ isAdded, name }) => isAdded && !names.includes(name));
  if (added.length === 0) return [];
  const whole = names.length === 0 ? projects.filter(({ isDefault, isAdded }) => isDefault && !isAdded) : [];
  return [...whole, ...added].map(({ name }) => name);
}

/** Some decisions depend on which files were changed. */
export function hasPathFilter(settings: Settings): boolean {
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
