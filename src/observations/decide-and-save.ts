import type { DeliveryDecision } from '../deliveries/store.js';
import { ensureHeadDeployment, supersedeOlder } from '../deployments/change.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { applyDecision } from '../environments/apply-decision.js';
import { isActive, isAdmitted } from '../environments/model.js';
import type { Note } from '../environments/notes.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { Project } from '../projects/project.js';
import { type Decision, decide, limitReached } from '../pull-requests/decide/decision.js';
import { type DecideInput, NOTICED } from '../pull-requests/decide/input.js';
import { RULES } from '../pull-requests/decide/rules.js';
import { isFork } from '../pull-requests/facts.js';
import { approvalOf, trustOf } from '../pull-requests/trust.js';
import type { SettingsProblem } from '../settings/problem.js';
import { projectsOf, type Settings } from '../settings/settings.js';
import type { Tools } from '../shared/tools.js';
import { freshness, type Observation, type Policy, tellsWhoPushed } from './inputs.js';
import { keepWithinLimit } from './limit.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock' | 'newId'>;

export type Outcome = Pick<DeliveryDecision, 'action' | 'rule' | 'detail'>;

export const LATE: Outcome = {
  action: 'ignore',
  rule: 'stale-event',
  detail: 'A newer state of this pull request is known already: this event came late.',
};

const TRIES = 10;

/**
 * Decides on one environment and saves it. When another process changed the environment first, this decides anew on what is stored now,
 * unless that is newer. Null when the whole observation must start over. `wasStored`: the observation was compared with it already.
 */
export async function decideAndSave(
  ports: Ports,
  { wasStored, ...round }: Round & { readonly wasStored: boolean },
): Promise<Outcome | null> {
  let { environment } = round;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (freshness(environment.pullRequest, round.observation.facts) === 'older') return LATE;
    if (!(wasStored && attempt === 0) && mustObserveAgain({ ...round, environment })) return null;
    const saved = await saveDecision(ports, { ...round, environment });
    if (saved) return followUp(ports, saved);
    const found = await ports.environments.get(environment.id);
    if (!found || repositoryWasRemoved(environment, found)) return null;
    environment = found;
  }
  return null;
}

/** The stored state changed in a way this observation was not compared with: start over. */
function mustObserveAgain({ observation, environment: { pullRequest, head }, policy }: Round): boolean {
  if (freshness(pullRequest, observation.facts) === 'tie') return true;
  const pusher = head?.sha === observation.facts.head.sha ? head.by : undefined;
  return !tellsWhoPushed(observation) && pusher !== undefined && pusher.login !== policy.pusher.login;
}

/** The App lost its access to the repository meanwhile. */
function repositoryWasRemoved(before: StoredEnvironment, found: StoredEnvironment): boolean {
  return before.installationId !== null && found.installationId === null;
}

/** Null when another process changed the environment first. */
async function saveDecision(ports: Ports, round: Round): Promise<Saved | null> {
  const { observation, environment, policy } = round;
  const approvedSha = approved(round);
  const decision = await decideFor(ports, { ...round, environment: { ...environment, approvedSha } });
  const change = applyDecision(environment, {
    facts: observation.facts,
    decision,
    settings: keepsStoredSettings(round) ? null : policy.settings,
    notes: policy.fresh ? policy.problems.map(problemNote) : environment.notes,
    approvedSha,
    pusher: policy.pusher,
    repository: observation.repo.fullName,
    installationId: observation.repo.installationId,
    now: ports.clock.now(),
    newId: ports.newId,
  });
  const written = await ports.environments.change(environment, change);
  return written && { round, written, decision };
}

/** Keep the stored settings when the file was unread or invalid. */
function keepsStoredSettings({ environment: { settings }, policy: { fresh, problems } }: Round): boolean {
  return !fresh || (settings !== null && problems.some(({ level }) => level === 'error'));
}

function problemNote({ file, line, message }: SettingsProblem): Note {
  const where = `.github/preview.yml${file === 'base' ? ' of the default branch' : ''}, line ${line}`;
  return { kind: 'settings', text: `${where}: ${message}` };
}

function approved({ observation, environment, policy }: Round): string | null {
  const { action, label, facts } = observation;
  const { senderPermission } = policy;
  return approvalOf({ action, label, senderPermission, headSha: facts.head.sha }) ?? environment.approvedSha;
}

interface Saved {
  readonly round: Round;
  readonly written: StoredEnvironment;
  readonly decision: Decision;
}

/** What follows from a saved decision: deployments, and the limit of the project. */
async function followUp(ports: Ports, { round, written, decision }: Saved): Promise<Outcome> {
  const { settings } = round.policy;
  const admitted = isAdmitted(written);
  const newlyAdmitted = admitted && !isAdmitted(round.environment);
  // A new commit supersedes the older deployments even when it is not deployed itself.
  const supersedes = isActive(written) && written.generation > round.environment.generation;
  const [count] = await Promise.all([
    newlyAdmitted ? ports.environments.countActive(written.projectId) : 0,
    admitted && ensureHeadDeployment(ports, { environment: written, run: null }),
    !admitted && supersedes && supersedeOlder(ports, written),
  ]);
  if (count <= settings.limits.environments) return decision;
  const evicted = await keepWithinLimit(ports, written.projectId);
  return evicted.has(written.id) ? limitReached(settings) : decision;
}

/** One environment and all that its decision depends on. */
interface Round {
  readonly observation: Observation;
  readonly environment: StoredEnvironment;
  readonly policy: Policy;
  /** The number of active previews by project id, for the projects that were counted in advance. */
  readonly counts: ReadonlyMap<string, number>;
  /** The settings no longer name its project. */
  readonly dropped: boolean;
}

/** Collects the input of `decide`. */
async function decideFor(ports: Ports, round: Round): Promise<Decision> {
  const { observation, environment, policy } = round;
  const { facts } = observation;
  if (round.dropped) return removedFromSettings(environment);
  return decide({
    action: effectiveAction(observation, environment),
    pullRequest: policy.changedFiles ? { ...facts, changedFiles: [...policy.changedFiles] } : facts,
    settings: policy.settings,
    problems: policy.problems,
    ...projectFor(policy.settings, environment),
    trust: trustOf({
      permission: policy.permission,
      isFork: isFork(facts),
      isBot: policy.pusher.isBot,
      approvedSha: environment.approvedSha,
      headSha: facts.head.sha,
    }),
    environment: stateOf(environment),
    counts: { environmentsInProject: await othersInProject(ports, round) },
    ...(observation.label ? { label: observation.label } : {}),
  });
}

function removedFromSettings(environment: StoredEnvironment): Decision {
  const rule = 'project-removed';
  const { effect, detail } = RULES[rule];
  return { action: needsDestroy(environment) ? effect : 'ignore', rule, detail };
}

/** A preview that was removed with its repository also gets this decision: otherwise the sweep would pick it up forever. */
function needsDestroy(environment: StoredEnvironment): boolean {
  return isActive(environment) || environment.decision?.rule === 'repository-removed';
}

/** Null for a new environment, on which nothing was decided yet. */
function stateOf({
  status,
  generation,
  head,
  current,
  approvedSha,
  decision,
}: StoredEnvironment): DecideInput['environment'] {
  if (!head) return null;
  const accepted = decision?.action === 'deploy';
  const headSha = accepted ? head.sha : null;
  return { status, generation, headSha, isShown: current !== null, approvedSha, decision };
}

function projectFor(
  settings: Settings,
  { project, repository }: StoredEnvironment,
): Pick<DecideInput, 'project'> {
  const found = projectsOf(settings, repository).find(({ name }) => name === project);
  return found ? { project: found } : {};
}

/** An admitted environment already counts towards the limit, so its decision needs no count of the others. */
async function othersInProject(ports: Ports, { environment, counts, policy }: Round): Promise<number> {
  const { projectId } = environment;
  if (isAdmitted(environment) || !policy.fresh) return 0;
  return counts.get(projectId) ?? ports.environments.countActive(projectId);
}

/**
 * The state decides and the event is only a hint: the next event makes up for a lost `closed` or `reopened`, and an event about a state
 * that is stored already requests nothing.
 */
function effectiveAction({ action, facts }: Observation, environment: StoredEnvironment): string {
  const { pullRequest, head } = environment;
  if (facts.state === 'closed') return 'closed';
  if (pullRequest?.state === 'closed') return 'reopened';
  if (!head) return action === NOTICED ? 'opened' : action;
  if (head.sha !== facts.head.sha) return 'synchronize';
  return freshness(pullRequest, facts) === 'same' ? NOTICED : action;
}

/** Counts in advance, in parallel with other reads, for the environments whose decision needs the count. */
export async function countPreviews(ports: Ports, projects: readonly Project[]): Promise<Round['counts']> {
  return new Map(
    await Promise.all(
      projects.map(async ({ id }) => [id, await ports.environments.countActive(id)] as const),
    ),
  );
}
