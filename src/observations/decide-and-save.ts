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
 * Decides on one environment and writes it. Whoever was first is respected: what is found instead is decided on anew, unless it is
 * newer. Null when all must be looked at again. `known`: it was there when the observation was sorted out.
 */
export async function decideAndSave(
  ports: Ports,
  { known, ...round }: Round & { readonly known: boolean },
): Promise<Outcome | null> {
  let { environment } = round;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    if (freshness(environment.pullRequest, round.seen.facts) === 'older') return LATE;
    if (!(known && attempt === 0) && mustObserveAgain({ ...round, environment })) return null;
    const outcome = await decideAndWrite(ports, { ...round, environment });
    if (outcome) return outcome;
    const found = await ports.environments.get(environment.id);
    if (!found || repositoryWasRemoved(environment, found)) return null;
    environment = found;
  }
  return null;
}

/** Something that the observation was not yet compared with: only the whole way round finds out what is true now. */
function mustObserveAgain({ seen, environment: { pullRequest, head }, policy }: Round): boolean {
  if (freshness(pullRequest, seen.facts) === 'tie') return true;
  const told = head?.sha === seen.facts.head.sha ? head.by : undefined;
  return !tellsWhoPushed(seen) && told !== undefined && told.login !== policy.bringer.login;
}

/** The App lost the repository meanwhile. */
function repositoryWasRemoved(before: StoredEnvironment, found: StoredEnvironment): boolean {
  return before.installationId !== null && found.installationId === null;
}

async function decideAndWrite(ports: Ports, round: Round): Promise<Outcome | null> {
  const { seen, environment, policy } = round;
  const approvedSha = approved(round);
  const decision = await decideFor(ports, { ...round, environment: { ...environment, approvedSha } });
  const change = applyDecision(environment, {
    facts: seen.facts,
    decision,
    settings: keepsStoredSettings(round) ? null : policy.settings,
    notes: policy.fresh ? policy.problems.map(problemNote) : environment.notes,
    approvedSha,
    bringer: policy.bringer,
    repository: seen.repo.fullName,
    installationId: seen.repo.installationId,
    now: ports.clock.now(),
    newId: ports.newId,
  });
  const written = await ports.environments.change(environment, change);
  return written && followUp(ports, { round, written, decision });
}

/** Defaults that stand for what could not be read are not what is live was made with. */
function keepsStoredSettings({ environment: { settings }, policy: { fresh, problems } }: Round): boolean {
  return !fresh || (settings !== null && problems.some(({ level }) => level === 'error'));
}

function problemNote({ file, line, message }: SettingsProblem): Note {
  const where = `.github/preview.yml${file === 'base' ? ' of the default branch' : ''}, line ${line}`;
  return { kind: 'settings', text: `${where}: ${message}` };
}

function approved({ seen, environment, policy }: Round): string | null {
  const { action, label, facts } = seen;
  const { senderPermission } = policy;
  return approvalOf({ action, label, senderPermission, headSha: facts.head.sha }) ?? environment.approvedSha;
}

interface Written {
  readonly round: Round;
  readonly written: StoredEnvironment;
  readonly decision: Decision;
}

async function followUp(ports: Ports, { round, written, decision }: Written): Promise<Outcome> {
  const { settings } = round.policy;
  const admitted = isAdmitted(written) && !isAdmitted(round.environment);
  const [count] = await Promise.all([
    admitted ? ports.environments.countActive(written.projectId) : 0,
    settleDeployments(ports, { before: round.environment, written }),
  ]);
  if (count <= settings.limits.environments) return decision;
  const out = await keepWithinLimit(ports, written.projectId);
  return out.has(written.id) ? limitReached(settings) : decision;
}

/** A commit that is not deployed ends the build of the one before it all the same. */
async function settleDeployments(
  ports: Ports,
  { before, written }: { before: StoredEnvironment; written: StoredEnvironment },
): Promise<void> {
  if (isAdmitted(written)) await ensureHeadDeployment(ports, { environment: written, run: null });
  else if (isActive(written) && written.generation > before.generation) await supersedeOlder(ports, written);
}

/** One environment, and all that its decision depends on. */
interface Round {
  readonly seen: Observation;
  readonly environment: StoredEnvironment;
  readonly policy: Policy;
  /** Previews by project, as far as they were counted already. */
  readonly counts: ReadonlyMap<string, number>;
  /** The settings no longer name its project. */
  readonly dropped: boolean;
}

/** Puts together what `decide` asks for. */
async function decideFor(ports: Ports, round: Round): Promise<Decision> {
  const { seen, environment, policy } = round;
  const { facts } = seen;
  if (round.dropped) return removedFromSettings(environment);
  return decide({
    action: effectiveAction(seen, environment),
    pullRequest: policy.changedFiles ? { ...facts, changedFiles: [...policy.changedFiles] } : facts,
    settings: policy.settings,
    problems: policy.problems,
    ...projectFor(policy.settings, environment),
    trust: trustOf({
      permission: policy.permission,
      isFork: isFork(facts),
      isBot: policy.bringer.isBot,
      approvedSha: environment.approvedSha,
      headSha: facts.head.sha,
    }),
    environment: stateOf(environment),
    counts: { environmentsInProject: await othersInProject(ports, round) },
    ...(seen.label ? { label: seen.label } : {}),
  });
}

function removedFromSettings(environment: StoredEnvironment): Decision {
  const rule = 'project-removed';
  const { effect, detail } = RULES[rule];
  return { action: endsNow(environment) ? effect : 'ignore', rule, detail };
}

/** One that the App had lost with its repository gets this as its last word, or the sweep would look at it for ever. */
function endsNow(environment: StoredEnvironment): boolean {
  return isActive(environment) || environment.decision?.rule === 'repository-removed';
}

/** One that was only just made has not been decided on yet. */
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

/** One that shows or awaits a deployment has its place already, and its decision does not ask how many others there are. */
async function othersInProject(ports: Ports, { environment, counts, policy }: Round): Promise<number> {
  const { projectId } = environment;
  if (isAdmitted(environment) || !policy.fresh) return 0;
  return counts.get(projectId) ?? ports.environments.countActive(projectId);
}

/**
 * The state decides, the event only hints: a lost `closed` or `reopened` is made good by whatever comes next, and what was known
 * already asks for nothing again.
 */
function effectiveAction({ action, facts }: Observation, environment: StoredEnvironment): string {
  const { pullRequest, head } = environment;
  if (facts.state === 'closed') return 'closed';
  if (pullRequest?.state === 'closed') return 'reopened';
  if (!head) return action === NOTICED ? 'opened' : action;
  if (head.sha !== facts.head.sha) return 'synchronize';
  return freshness(pullRequest, facts) === 'same' ? NOTICED : action;
}

/** For those whose decision will ask: counted while something else is waited for. */
export async function countPreviews(ports: Ports, projects: readonly Project[]): Promise<Round['counts']> {
  return new Map(
    await Promise.all(
      projects.map(async ({ id }) => [id, await ports.environments.countActive(id)] as const),
    ),
  );
}
