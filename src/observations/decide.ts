import type { DeliveryDecision } from '../deliveries/store.js';
import { ensureHeadDeployment, supersedeWithdrawn } from '../deployments/change.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { applyDecision } from '../environments/apply-decision.js';
import type { Change } from '../environments/change.js';
import { BY_API, changesMuch, type NewStep, SERVER_ACTOR } from '../environments/history.js';
import { isActive, isAdmitted } from '../environments/model.js';
import type { Note } from '../environments/notes.js';
import type { EnvironmentPatch, EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { Project } from '../projects/project.js';
import { type Decision, decide, decideAgain } from '../pull-requests/decide/decision.js';
import { type DecideInput, NOTICED } from '../pull-requests/decide/input.js';
import { RULES } from '../pull-requests/decide/rules.js';
import { freshness, isFork } from '../pull-requests/facts.js';
import { approvalOf, trustOf } from '../pull-requests/trust.js';
import type { SettingsProblem } from '../settings/problem.js';
import { projectsOf } from '../settings/settings.js';
import { refOf } from '../repositories/ask.js';
import type { GitHubPorts } from '../repositories/github.js';
import type { Tools } from '../shared/tools.js';
import { approvalDetail, approves, hasPathFilter, type Inputs, type Observation } from './inputs.js';
import { countAdmitted, exceedsLimits, keepWithinLimits } from './limit.js';

type Ports = EnvironmentPorts & DeploymentPorts & GitHubPorts & Pick<Tools, 'clock' | 'newId'>;

export type Outcome = Pick<DeliveryDecision, 'action' | 'rule' | 'detail'>;

/** One environment and all that its decision depends on. */
interface Round {
  readonly observation: Observation;
  readonly environment: StoredEnvironment;
  /** Undefined where it is not needed: the pull request is closed. */
  readonly project: Project | undefined;
  /** With the settings of its project. */
  readonly inputs: Inputs;
  /** The settings no longer name its project. */
  readonly dropped: boolean;
  /** It is not stored yet. */
  readonly isNew: boolean;
  /** The pull request has no other. */
  readonly alone: boolean;
}

/** `overtaken`: another process changed the environment first, so that the pull request must be looked at again. */
type Attempt = { readonly kind: 'decided'; readonly outcome: Outcome } | { readonly kind: 'overtaken' };

/** Decides on one environment and saves the decision, with what follows from it. */
export async function decideAndSave(ports: Ports, round: Round): Promise<Attempt> {
  const approvedSha = approved(round);
  const known = { ...round, environment: { ...round.environment, approvedSha } };
  const decision = round.dropped ? removedFromSettings(round.environment) : await decideOn(ports, known);
  const planned = applyDecision(round.environment, {
    facts: factsOf(round),
    decision,
    settings: keepsStoredSettings(round) ? null : round.inputs.settings,
    notes: round.inputs.fresh ? round.inputs.problems.map(problemNote) : round.environment.notes,
    approvedSha,
    pusher: round.inputs.pusher,
    ...{ headFile: round.inputs.headFile, headAccess: round.inputs.headAccess },
    repository: round.observation.repo.fullName,
    installationId: round.observation.repo.installationId,
    creator: creatorOf(round.observation),
    approver: approverOf(round, approvedSha),
    now: ports.clock.now(),
    newId: ports.newId,
  });
  const step = stepFor(round, { decision, patch: planned.patch });
  const renamed = round.project && round.project.name !== round.environment.project;
  const patch = renamed ? { ...planned.patch, project: round.project.name } : planned.patch;
  const saved = await save(ports, { round, change: { ...planned, patch, step } });
  return saved
    ? { kind: 'decided', outcome: await followUp(ports, { round, saved, decision }) }
    : { kind: 'overtaken' };
}

/** What no webhook and no run reported was found by the sweep. */
function creatorOf({ source = BY_API }: Observation): 'webhook' | 'scheduled' {
  return source.kind === 'server' ? 'scheduled' : 'webhook';
}

/** Who has just approved the newest commit: by the API, or by a label. */
function approverOf({ observation, environment }: Round, approvedSha: string | null): string | undefined {
  const { approval, sender, facts } = observation;
  if (approvedSha !== facts.head.sha || approvedSha === environment.approvedSha) return undefined;
  return approval?.actor ?? sender.login;
}

/** Undefined for what would only push other links out of the chain. */
function stepFor(
  { observation, environment }: Round,
  { decision, patch }: { readonly decision: Decision; readonly patch: EnvironmentPatch },
): NewStep | undefined {
  const { source = BY_API, sender, approval } = observation;
  if (approval && approves(observation, environment.id) && patch.approvedSha !== environment.approvedSha) {
    const detail = `${approvalDetail(approval.sha)} ${decision.detail}`;
    return { ...decision, action: 'approve', detail, actor: approval.actor, source };
  }
  if (!changesMuch(environment, patch)) return undefined;
  const actor = source.kind === 'server' ? SERVER_ACTOR : sender.login;
  return { ...decision, actor, source };
}

/**
 * A decision does not wait for the journal: if a crash of the database loses it, its delivery is not finished either and is decided
 * again, and before GitHub is told anything, the report waits for the journal. Null when another process was first.
 */
async function save(
  ports: Ports,
  { round: { observation, environment, isNew, alone }, change }: { round: Round; change: Change },
): Promise<StoredEnvironment | null> {
  if (observation.beforeBuild === true && changesNothing(environment, change)) return environment;
  const write = { ...change, repeatable: true, alone: alone && namesDeployment(environment, change) };
  if (!isNew) return ports.environments.change(environment, write);
  const stored = await ports.environments.ensure(environment, write);
  if (stored.id === environment.id) return stored;
  // An older version of the server stored new environments before it decided on them.
  return stored.pullRequest === null ? ports.environments.change(stored, write) : null;
}

/** The time of expiry moves with the clock: by so little it is no change. */
const MOMENT_MS = 60_000;

/**
 * Several requests of one run look at the same time. Those that find what another has just written write nothing, or each would make
 * all others look again.
 */
function changesNothing(environment: StoredEnvironment, { patch: { expiresAt, ...patch } }: Change): boolean {
  const renewed = (expiresAt?.getTime() ?? 0) - (environment.expiresAt?.getTime() ?? 0);
  if (expiresAt !== undefined && Math.abs(renewed) > MOMENT_MS) return false;
  const keys = Object.keys(patch) as (keyof typeof patch)[];
  return keys.every((key) => JSON.stringify(patch[key]) === JSON.stringify(environment[key]));
}

/** The write names a new deployment, so no run can have taken it on. */
function namesDeployment({ head }: StoredEnvironment, { patch }: Change): boolean {
  return patch.head ? patch.head.deploymentId !== head?.deploymentId : false;
}

function factsOf({ observation: { facts }, inputs }: Round): Observation['facts'] {
  const { commitMessage, committedAt } = inputs;
  return {
    ...facts,
    ...(commitMessage === undefined ? {} : { commitMessage }),
    ...(committedAt === undefined ? {} : { committedAt }),
  };
}

function approved({ observation, environment, inputs }: Round): string | null {
  const { action, label, facts } = observation;
  const { senderPermission } = inputs;
  if (approves(observation, environment.id)) return facts.head.sha;
  return approvalOf({ action, label, senderPermission, headSha: facts.head.sha }) ?? environment.approvedSha;
}

/** Keep the stored settings when the file was unread or invalid. */
function keepsStoredSettings({ environment: { settings }, inputs: { fresh, problems } }: Round): boolean {
  return !fresh || (settings !== null && problems.some(({ level }) => level === 'error'));
}

function problemNote({ file, line, message }: SettingsProblem): Note {
  const where = `.github/preview.yml${file === 'base' ? ' of the default branch' : ''}, line ${line}`;
  return { kind: 'settings', text: `${where}: ${message}` };
}

interface Saved {
  readonly round: Round;
  readonly saved: StoredEnvironment;
  readonly decision: Decision;
}

/** What follows from a saved decision: deployments, and the limits of the project. */
async function followUp(ports: Ports, { round, saved, decision }: Saved): Promise<Outcome> {
  const admitted = isAdmitted(saved);
  const isNew = saved.head?.deploymentId !== round.environment.head?.deploymentId;
  const newlyAdmitted = admitted && !isAdmitted(round.environment);
  // A new commit supersedes the older deployments even when it is not deployed itself.
  const supersedes = isActive(saved) && saved.generation > round.environment.generation;
  const [counts] = await Promise.all([
    newlyAdmitted ? countAdmitted(ports, saved) : null,
    admitted && ensureHeadDeployment(ports, { environment: saved, run: null, isNew }),
    !admitted && supersedes && supersedeWithdrawn(ports, { before: round.environment, after: saved }),
  ]);
  if (!counts || !exceedsLimits(counts, round.inputs.settings)) return decision;
  const evicted = await keepWithinLimits(ports, saved);
  return evicted.get(saved.id) ?? decision;
}

/** Collects the input of `decide`. */
async function decideOn(ports: Ports, round: Round): Promise<Decision> {
  const { observation, environment, inputs } = round;
  const { facts } = observation;
  const [counts, filesSinceShown] = await Promise.all([others(ports, round), sinceShown(ports, round)]);
  const input: DecideInput = {
    action: effectiveAction(observation, environment),
    pullRequest: inputs.changedFiles
      ? { ...factsOf(round), changedFiles: [...inputs.changedFiles] }
      : factsOf(round),
    settings: inputs.settings,
    problems: inputs.problems,
    ...projectFor(round),
    filesSinceShown,
    trust: trustOf({
      permission: inputs.permission,
      isFork: isFork(facts),
      isBot: inputs.pusher.isBot,
      approvedSha: environment.approvedSha,
      headSha: facts.head.sha,
    }),
    environment: stateOf(environment),
    counts,
    ...(observation.label ? { label: observation.label } : {}),
  };
  return (await isUnclaimed(ports, round)) ? decideAgain(input) : decide(input);
}

/** A run is about to build a commit that was accepted, and no run has taken it on yet. */
async function isUnclaimed(ports: Ports, { observation, environment }: Round): Promise<boolean> {
  const { head } = environment;
  if (
    observation.beforeBuild !== true ||
    !isAdmitted(environment) ||
    head?.sha !== observation.facts.head.sha
  )
    return false;
  // The handler that accepted the commit may be about to store its deployment: no run has taken that on.
  const deployment = await ports.deployments.get(head.deploymentId);
  return !deployment?.run;
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

function projectFor({ inputs, environment, project }: Round): Pick<DecideInput, 'project'> {
  const { paths = [] } =
    projectsOf(inputs.settings, environment.repository).find(
      ({ name }) => name === (project?.name ?? environment.project),
    ) ?? {};
  return { project: { paths, active: project?.active ?? true } };
}

/** An admitted environment already counts towards the limits, so its decision needs no count of the others. */
async function others(
  ports: Ports,
  { environment, inputs, observation }: Round,
): Promise<DecideInput['counts']> {
  if (isAdmitted(environment) || !inputs.fresh) return { environmentsInProject: 0 };
  const { inProject, ofAuthor } = await countAdmitted(ports, {
    ...environment,
    pullRequest: observation.facts,
    settings: inputs.settings,
  });
  return { environmentsInProject: inProject, environmentsOfAuthor: ofAuthor };
}

/** Only where files decide, and something is shown that a newer commit may leave as it is. */
async function sinceShown(
  { github }: Ports,
  { inputs, environment, observation: { repo, facts } }: Round,
): Promise<readonly string[] | undefined> {
  const { current } = environment;
  if (!inputs.fresh || !isActive(environment) || !current || current.sha === facts.head.sha) return undefined;
  if (!hasPathFilter(inputs.settings)) return undefined;
  return github.filesBetween(refOf(repo), { from: current.sha, to: facts.head.sha });
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
