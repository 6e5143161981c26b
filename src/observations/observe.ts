import type { DeliveryDecision } from '../deliveries/store.js';
import type { DeploymentPorts } from '../deployments/store.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { UserPorts } from '../people/user.js';
import type { Project, ProjectPorts } from '../projects/project.js';
import { NOTICED } from '../pull-requests/decide/input.js';
import { type Actor, freshness, type PullRequestFacts } from '../pull-requests/facts.js';
import { wantsToApprove } from '../pull-requests/trust.js';
import { refOf } from '../repositories/ask.js';
import { type GitHubPorts, isGitHubFailure } from '../repositories/github.js';
import type { ReachableRepository, Repo, RepositoryPorts } from '../repositories/model.js';
import { VitrineError } from '../shared/errors.js';
import type { AddressPorts } from '../shared/preview-url.js';
import type { Tools } from '../shared/tools.js';
import { decideAndSave, type Outcome } from './decide.js';
import { findEnvironments } from './environments.js';
import { type Inputs, loadInputs, type Observation, tellsWhoPushed } from './inputs.js';

type Ports = EnvironmentPorts &
  DeploymentPorts &
  ProjectPorts &
  RepositoryPorts &
  GitHubPorts &
  UserPorts &
  AddressPorts &
  Pick<Tools, 'clock' | 'newId'>;

/** Each time another process changed an environment of this pull request first. */
const TRIES = 20;

/**
 * The one entry for everything that reports the state of a pull request: webhooks, the sweep, and a run that was faster than its
 * webhook. The result depends on the state only, so neither the order nor the number of observations matters.
 */
export async function observePullRequest(ports: Ports, first: Observation): Promise<DeliveryDecision> {
  const { repo, facts } = first;
  const asking = { ...ports, github: askingOnce(ports.github) };
  const author = saveAuthor(ports, facts);
  let observation = first;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const known = await loadKnown(ports, observation, author);
    const step = await resolve(asking, { observation, ...known });
    if (step.kind === 'outdated') return withIds(step.outcome, known.stored);
    observation = step.observation;
    const inputs = await loadInputs(asking, { observation, ...known });
    const result = await decideOnAll(ports, { observation, inputs, ...known });
    if (result.kind === 'decided') return result.decision;
  }
  const name = `${repo.fullName}#${facts.number}`;
  throw new VitrineError(
    'unavailable',
    `Pull request ${name} changes faster than it can be saved: try again.`,
  );
}

interface Known {
  /** The environments that are stored for the pull request. */
  readonly stored: readonly StoredEnvironment[];
  readonly repository: Repo;
  readonly projects: () => Promise<readonly Project[]>;
}

/** What the database knows of a pull request. */
async function loadKnown(
  ports: Ports,
  { repo, facts }: Observation,
  author: Promise<unknown>,
): Promise<Known> {
  const projects = once(() => ports.projects.ofRepo(repo.id));
  const [stored, repository] = await Promise.all([
    ports.environments.ofPullRequest(repo.id, facts.number),
    ports.repos.save(repo),
    author,
    // The settings and the switch of a project decide on open pull requests.
    facts.state === 'open' ? projects() : undefined,
  ]);
  return { stored, repository, projects };
}

/** For display only: the decision does not read it. */
async function saveAuthor({ users }: Pick<Ports, 'users'>, { author }: PullRequestFacts): Promise<void> {
  const { id: githubId, login, avatarUrl = null } = author;
  await users.saveFromGitHub({ githubId, login, email: null, avatarUrl });
}

/** While one event is handled, GitHub is asked each question once, however often the decision starts over. */
function askingOnce(github: Ports['github']): Ports['github'] {
  const answers = new Map<string, Promise<unknown>>();
  const asked = <Args extends unknown[], Answer>(name: string, ask: (...args: Args) => Promise<Answer>) => {
    return (...args: Args): Promise<Answer> => {
      const key = JSON.stringify([name, ...args]);
      const answer = (answers.get(key) as Promise<Answer> | undefined) ?? ask(...args);
      answers.set(key, answer);
      return answer;
    };
  };
  return {
    ...github,
    settingsFile: asked('settings', github.settingsFile),
    permission: asked('permission', github.permission),
    changedFiles: asked('files', github.changedFiles),
    commit: asked('commit', github.commit),
    filesBetween: asked('between', github.filesBetween),
  };
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => (reading ??= read());
}

const UNINSTALLED: Outcome = {
  action: 'ignore',
  rule: 'not-installed',
  detail: 'The App was removed from this repository: this event came late.',
};

const LATE: Outcome = {
  action: 'ignore',
  rule: 'stale-event',
  detail: 'A newer state of this pull request is known already: this event came late.',
};

const NO_PROJECT: Outcome = {
  action: 'ignore',
  rule: 'no-project',
  detail:
    'This repository has no project: add one in its settings, or name one in .github/preview.yml on the default branch.',
};

function withIds(outcome: Outcome, environments: readonly StoredEnvironment[]): DeliveryDecision {
  return { ...outcome, environmentIds: environments.map(({ id }) => id) };
}

type Seen = Known & { readonly observation: Observation };

/** Whether the observation counts, and as what: GitHub may have to be asked which of two states is the newest. */
type Step =
  | { readonly kind: 'outdated'; readonly outcome: Outcome }
  | { readonly kind: 'current'; readonly observation: Observation };

async function resolve(
  ports: Pick<Ports, 'github'>,
  { observation, stored, repository }: Seen,
): Promise<Step> {
  if (repository.removedAt !== null) return { kind: 'outdated', outcome: UNINSTALLED };
  const ages = stored.map((environment) => freshness(environment.pullRequest, observation.facts));
  if (ages.includes('older')) return salvageLateEvent(observation, stored);
  if (!ages.includes('tie')) return { kind: 'current', observation };
  return { kind: 'current', observation: await askGitHub(ports, observation) };
}

/** Only one event says who pushed a commit, and only one that it was approved. Both count, however late, while the commit is the newest. */
function salvageLateEvent(observation: Observation, stored: readonly StoredEnvironment[]): Step {
  const newest = stored.reduce((a, b) => (dateOf(b) > dateOf(a) ? b : a));
  const { pullRequest: facts, head } = newest;
  const { sha } = observation.facts.head;
  if (facts?.state !== 'open' || facts.head.sha !== sha) return { kind: 'outdated', outcome: LATE };
  const tellsPusher = tellsWhoPushed(observation) && head?.by?.login !== observation.sender.login;
  const approves =
    observation.approval?.sha === sha || (wantsToApprove(observation) && newest.approvedSha !== sha);
  return tellsPusher || approves
    ? { kind: 'current', observation: { ...observation, facts } }
    : { kind: 'outdated', outcome: LATE };
}

function dateOf({ pullRequest }: StoredEnvironment): number {
  return pullRequest?.updatedAt.getTime() ?? 0;
}

/** For two events of the same second, GitHub's API says which state is the newest. An answer older than the event does not count. */
async function askGitHub({ github }: Pick<Ports, 'github'>, observation: Observation): Promise<Observation> {
  const facts = await github
    .pullRequest(refOf(observation.repo), observation.facts.number)
    .catch((error: unknown) => {
      // The App lost its access: a closed pull request is still torn down.
      const refused = isGitHubFailure(error) && error.kind === 'unauthorized';
      if (refused && observation.facts.state === 'closed') return null;
      throw error;
    });
  if (!facts || facts.updatedAt < observation.facts.updatedAt) return observation;
  const sameCommit = facts.head.sha === observation.facts.head.sha;
  const sameState = sameCommit && facts.state === observation.facts.state;
  return { ...observation, action: sameState ? observation.action : NOTICED, facts };
}

type Round = Seen & { readonly inputs: Inputs };

/** `overtaken`: another process changed an environment first. */
type Result =
  { readonly kind: 'decided'; readonly decision: DeliveryDecision } | { readonly kind: 'overtaken' };

/** Decides on every project of the repository. */
async function decideOnAll(ports: Ports, round: Round): Promise<Result> {
  const { wanted, dropped } = await findEnvironments(ports, round);
  const environments = [...wanted, ...dropped];
  const projects = round.observation.facts.state === 'open' ? await round.projects() : [];
  const outcomes: Outcome[] = [];
  for (const environment of environments) {
    const project = projects.find(({ id }) => id === environment.projectId);
    const attempt = await decideAndSave(ports, {
      ...round,
      inputs: { ...round.inputs, ...round.inputs.ofProject.get(environment.projectId) },
      environment,
      project,
      dropped: dropped.includes(environment),
      isNew: !round.stored.includes(environment),
      alone: environments.length === 1,
    });
    if (attempt.kind === 'overtaken') return attempt;
    outcomes.push(attempt.outcome);
  }
  return { kind: 'decided', decision: withIds(outcomes[0] ?? NO_PROJECT, environments) };
}

interface UnobservedPullRequest {
  readonly repo: ReachableRepository;
  readonly number: number;
  /** Whose action led to this pull request; absent = its author. */
  readonly sender?: Actor;
  readonly beforeBuild?: boolean;
  readonly source?: Observation['source'];
}

/** Observes a pull request whose webhook has not arrived yet, as GitHub's API shows it now. Null when GitHub does not know it. */
export async function noticePullRequest(
  ports: Ports,
  { repo, number, ...how }: UnobservedPullRequest,
): Promise<PullRequestFacts | null> {
  const facts = await ports.github.pullRequest(refOf(repo), number);
  if (!facts) return null;
  const { id, login } = facts.author;
  await observePullRequest(ports, { action: NOTICED, repo, facts, sender: { id, login }, ...how });
  return facts;
}
