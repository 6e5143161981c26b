import { supersedeWithdrawn } from '../deployments/change.js';
import type { DeploymentPorts } from '../deployments/store.js';
import { teardownPatch } from '../environments/apply-decision.js';
import { changeEnvironment } from '../environments/change.js';
import { BY_SERVER, SERVER_ACTOR } from '../environments/history.js';
import { ACTIVITY_EVERY_MS } from '../environments/idle.js';
import { listedEnvironments } from '../environments/list.js';
import { abandoned, isAdmitted, isPinned, type Environment } from '../environments/model.js';
import type { EnvironmentPorts, StoredEnvironment } from '../environments/store.js';
import { type Decision, limitReached } from '../pull-requests/decide/decision.js';
import { EVICTED_ASLEEP } from '../pull-requests/decide/endings.js';
import { RULES } from '../pull-requests/decide/rules.js';
import { defaultSettings, type Settings } from '../settings/settings.js';
import { ENVIRONMENT } from '../shared/status/environment.js';
import type { Tools } from '../shared/tools.js';

type Ports = EnvironmentPorts & DeploymentPorts & Pick<Tools, 'clock' | 'newId'>;

interface Counts {
  readonly inProject: number;
  /** Of the author of the pull request; not counted where the settings do not limit it more than the project. */
  readonly ofAuthor: number;
}

type Counted = Pick<Environment, 'projectId' | 'pullRequest' | 'settings'>;

/** How many previews the project has, and how many of them the author. */
export async function countAdmitted(
  { environments }: Pick<Ports, 'environments'>,
  environment: Counted,
): Promise<Counts> {
  const { projectId, pullRequest } = environment;
  const { limits } = settingsOf(environment);
  const limited = pullRequest !== null && limits.environmentsPerUser < limits.environments;
  const [inProject, ofAuthor] = await Promise.all([
    environments.countActive(projectId),
    limited ? environments.countActive(projectId, pullRequest.author.id) : 0,
  ]);
  return { inProject, ofAuthor };
}

export function exceedsLimits({ inProject, ofAuthor }: Counts, { limits }: Settings): boolean {
  return inProject > limits.environments || ofAuthor > limits.environmentsPerUser;
}

/**
 * An environment was admitted, and now there are too many: with `evict-idle` it takes the place of an idle one. Two that are admitted at
 * the same time may also both have counted one free place. Then every process evicts the same ones, the last by the order of admission.
 * Returns the decision on each evicted environment.
 */
export async function keepWithinLimits(
  ports: Ports,
  admitted: StoredEnvironment,
): Promise<ReadonlyMap<string, Decision>> {
  const all = await admittedOf(ports, admitted.projectId);
  const over = excess(all);
  const evicted = new Map<string, Decision>();
  const places =
    settingsOf(admitted).limits.whenFull === 'evict-idle' ? await makePlaces(ports, { all, over }) : 0;
  for (const { environment, of } of over.slice(places)) {
    const decision = limitReached(settingsOf(environment), of);
    const changed = await changeEnvironment(ports, {
      id: environment.id,
      plan: (seen) => (isStill(seen, environment) ? withdraw(seen, decision) : null),
    });
    if (isAdmitted(changed)) continue;
    evicted.set(environment.id, decision);
    await supersedeWithdrawn(ports, { before: environment, after: changed });
  }
  return evicted;
}

async function admittedOf(
  ports: Pick<Ports, 'environments'>,
  projectId: string,
): Promise<StoredEnvironment[]> {
  const all: StoredEnvironment[] = [];
  for await (const environment of listedEnvironments(ports, { projectId, activeOnly: true })) {
    if (isAdmitted(environment)) all.push(environment);
  }
  return all;
}

interface Excess {
  readonly environment: StoredEnvironment;
  /** Whose limit it exceeds. */
  readonly of: 'project' | 'author';
}

/** Each environment is measured by its own settings: a pull request that lowers its own limit must not evict another one. */
function excess(all: readonly StoredEnvironment[]): Excess[] {
  const order = [...all].sort((a, b) => admissionOrder(a) - admissionOrder(b) || (a.id < b.id ? -1 : 1));
  const byAuthor = new Map<number, number>();
  const found: Excess[] = [];
  let taken = 0;
  for (const environment of order) {
    const { limits } = settingsOf(environment);
    const author = authorOf(environment);
    const own = byAuthor.get(author) ?? 0;
    if (taken >= limits.environments) found.push({ environment, of: 'project' });
    else if (own >= limits.environmentsPerUser) found.push({ environment, of: 'author' });
    else {
      taken += 1;
      byAuthor.set(author, own + 1);
    }
  }
  return found;
}

interface Crowd {
  readonly all: readonly StoredEnvironment[];
  readonly over: readonly Excess[];
}

/** Removes idle previews, one for each that is too many, those that sleep first, then those longest without a push or a visitor. Returns for how many there is a place now. */
async function makePlaces(ports: Ports, { all, over }: Crowd): Promise<number> {
  const newcomers = new Set(over.map(({ environment }) => environment.id));
  const now = ports.clock.now();
  const idle = all
    .filter((environment) => mayGiveWay(environment, now) && !newcomers.has(environment.id))
    .sort((a, b) => Number(!a.asleep) - Number(!b.asleep) || usedAt(a) - usedAt(b) || (a.id < b.id ? -1 : 1));
  let places = 0;
  for (const { environment: newcomer, of } of over) {
    const victim = idle.find((one) => of === 'project' || authorOf(one) === authorOf(newcomer));
    if (!victim) break;
    idle.splice(idle.indexOf(victim), 1);
    await evictIdle(ports, victim);
    places += 1;
  }
  return places;
}

async function evictIdle(ports: Ports, { id }: StoredEnvironment): Promise<void> {
  const { effect: action, detail: unused } = RULES.evicted;
  await changeEnvironment(ports, {
    id,
    plan: (seen) => {
      if (!isAdmitted(seen) || !mayGiveWay(seen, ports.clock.now())) return null;
      const decision = { action, rule: 'evicted', detail: seen.asleep ? EVICTED_ASLEEP : unused } as const;
      return { patch: { ...teardownPatch(seen), decision }, due: ['report', 'teardown'] };
    },
  });
}

/** Nothing is under way in it, nobody has it open, and nobody pinned it. One that waits for its first build is not idle. */
function mayGiveWay(environment: Environment, now: Date): boolean {
  const { status, current, head } = environment;
  const isBuilt = current === null || current.sha === head?.sha;
  return ENVIRONMENT[status].settled && isBuilt && !isVisited(environment, now) && !isPinned(environment);
}

/** Who has it open is written down once a minute. */
function isVisited({ activeAt, asleep }: Environment, now: Date): boolean {
  return !asleep && !!activeAt && now.getTime() - activeAt.getTime() < 2 * ACTIVITY_EVERY_MS;
}

function usedAt({ deployedAt, head, createdAt, activeAt }: Environment): number {
  return Math.max(...[deployedAt, head?.at, createdAt, activeAt].map((date) => date?.getTime() ?? 0));
}

function authorOf({ pullRequest }: Environment): number {
  return pullRequest?.author.id ?? 0;
}

function isStill(seen: StoredEnvironment, { admittedAt }: StoredEnvironment): boolean {
  return isAdmitted(seen) && admissionOrder(seen) === admissionOrder({ admittedAt });
}

/** Environments from before `admittedAt` existed come first. */
function admissionOrder({ admittedAt }: Pick<Environment, 'admittedAt'>): number {
  return admittedAt?.getTime() ?? 0;
}

function withdraw(environment: StoredEnvironment, decision: Decision) {
  const patch = {
    status: abandoned(environment) ?? environment.status,
    generation: environment.generation + 1,
    decision,
  };
  const step = { ...decision, actor: SERVER_ACTOR, source: BY_SERVER };
  return { patch, due: ['report'] as const, step };
}

function settingsOf({ settings }: Pick<Environment, 'settings'>) {
  return settings ?? defaultSettings();
}
