import type { Pusher, Head } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { Project, ProjectPorts } from '../projects/project.js';
import type { Actor, PullRequestFacts } from '../pull-requests/facts.js';
import { type RepositoryPermission, wantsToApprove } from '../pull-requests/trust.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { ReachableRepository, RepoRef } from '../repositories/model.js';
import type { SettingsProblem } from '../settings/problem.js';
import { defaultSettings, parseSettings, type Settings } from '../settings/settings.js';

type Ports = GitHubPorts & EnvironmentPorts & ProjectPorts;

export interface Policy {
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
  readonly bringer: Pusher;
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
function storedPolicy({ seen, known }: Question): Policy {
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
async function readPolicy({ github }: Needs, { seen, known }: Question): Promise<Policy> {
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

export interface Inquiry {
  readonly policy: Policy;
  /** The projects of the repository, when this is about a pull request that has no environment yet. */
  readonly projects: readonly Project[];
}

/** All that must be known to settle a pull request. What the database knows costs no time while GitHub is asked. */
export async function loadDecisionInputs(
  ports: Pick<Ports, 'github' | 'projects'>,
  question: Question,
): Promise<Inquiry> {
  const { seen, known } = question;
  const [policy, projects] = await Promise.all([
    seen.facts.state === 'open' ? readPolicy(ports, question) : storedPolicy(question),
    known.length > 0 ? [] : ports.projects.ofRepo(seen.repo.id),
  ]);
  return { policy, projects };
}

interface LookUp {
  readonly known: readonly StoredEnvironment[];
  /** What was asked at once, if it is what would be asked now. */
  readonly inquiry: Promise<Inquiry> | undefined;
}

/** One that was opened just now is hardly ever known already: GitHub is asked in the same moment as the database. */
export async function prefetchDecisionInputs(
  ports: Pick<Ports, 'github' | 'projects' | 'environments'>,
  seen: Observation,
): Promise<LookUp> {
  const { repo, facts, action } = seen;
  const inquiry = action === 'opened' ? loadDecisionInputs(ports, { seen, known: [] }) : undefined;
  // Who comes late is told so by the database alone: then nobody awaits GitHub, and its failure is nobody's.
  inquiry?.catch(() => undefined);
  const known = await ports.environments.ofPullRequest(repo.id, facts.number);
  const asSupposed = bringerOf(seen, known).login === bringerOf(seen, []).login;
  return { known, inquiry: asSupposed ? inquiry : undefined };
}

export interface Observation {
  /** The webhook's action; what was found by looking is `NOTICED`. */
  readonly action: string;
  readonly repo: ReachableRepository;
  readonly facts: PullRequestFacts;
  /** Who caused the webhook; of no weight for what was found by looking. */
  readonly sender: Actor & { readonly isBot?: boolean | undefined };
  readonly label?: string;
}

export function refOf(repo: ReachableRepository): RepoRef {
  return { installationId: repo.installationId, repoId: repo.id, fullName: repo.fullName };
}

/** Only the webhook of a push tells who pushed; whatever else happens to a pull request says nothing about its commits. */
export function tellsWhoPushed({ action }: Pick<Observation, 'action'>): boolean {
  return action === 'synchronize';
}

/** Who brought the newest commit, as far as it was ever told. */
function bringerOf(
  { action, facts, sender }: Observation,
  known: readonly { readonly head: Head | null }[],
): Pusher {
  if (tellsWhoPushed({ action })) return { login: sender.login, isBot: sender.isBot ?? false };
  const told = known.find(({ head }) => head?.sha === facts.head.sha && head.by)?.head?.by;
  return told ?? { login: facts.author.login, isBot: facts.author.isBot };
}

/** `older`: a late delivery. `tie`: written in the same second, only GitHub knows which came last. */
type Freshness = 'newer' | 'same' | 'older' | 'tie';

/** GitHub promises no order of deliveries; `updated_at` has a grain of one second. */
export function freshness(known: PullRequestFacts | null, seen: PullRequestFacts): Freshness {
  if (!known) return 'newer';
  const step = seen.updatedAt.getTime() - known.updatedAt.getTime();
  if (step !== 0) return step > 0 ? 'newer' : 'older';
  return fingerprint(known) === fingerprint(seen) ? 'same' : 'tie';
}

function fingerprint(facts: PullRequestFacts): string {
  return JSON.stringify([
    facts.head.sha,
    facts.state,
    facts.draft,
    facts.base.ref,
    facts.title,
    [...facts.labels].sort(),
  ]);
}
