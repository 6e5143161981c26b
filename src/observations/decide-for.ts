import { isActive, isAdmitted } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import type { Project } from '../projects/project.js';
import { decide, NOTICED } from '../pull-requests/decide/decide.js';
import type { Decision } from '../pull-requests/decide/decision.js';
import type { DecideInput } from '../pull-requests/decide/input.js';
import { isFork } from '../pull-requests/facts.js';
import { trustOf } from '../pull-requests/trust.js';
import { projectsOf, type Settings } from '../settings/settings.js';
import type { Policy } from './inputs.js';
import type { Observation } from './observation.js';
import { freshness } from './pull-request-freshness.js';

type Ports = EnvironmentPorts;

/** One environment, and all that its decision depends on. */
export interface Round {
  readonly seen: Observation;
  readonly environment: StoredEnvironment;
  readonly policy: Policy;
  /** Previews by project, as far as they were counted already. */
  readonly counts: ReadonlyMap<string, number>;
  /** The settings no longer name its project. */
  readonly dropped: boolean;
}

/** Puts together what `decide` asks for. */
export async function decideFor(ports: Ports, round: Round): Promise<Decision> {
  const { seen, environment, policy } = round;
  const { facts } = seen;
  if (round.dropped) return { ...REMOVED, action: endsNow(environment) ? 'destroy' : 'ignore' };
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

/** One that the App had lost with its repository gets this as its last word, or the sweep would look at it for ever. */
function endsNow(environment: StoredEnvironment): boolean {
  return isActive(environment) || environment.decision?.rule === 'repository-removed';
}

const REMOVED: Omit<Decision, 'action'> = {
  rule: 'project-removed',
  detail:
    'The settings on the default branch no longer name this project, so its preview is taken down. Name it again to get it back.',
};

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
