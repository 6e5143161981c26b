import type {
  history,
  listDeployments,
  ServerStatisticsView,
  StatisticsView,
  StepView,
  StorageView,
} from '../../src/contract/history.js';
import type { QueryOf } from '../../src/contract/operation.js';
import { removeDeployment } from '../../src/deployments/remove.js';
import {
  type DayStatistics,
  dayOf,
  type Measured,
  summarize,
  summarizeStages,
} from '../../src/deployments/statistics.js';
import type { DeploymentScope, StoredDeployment } from '../../src/deployments/store.js';
import type { Step } from '../../src/environments/history.js';
import type { StoredEnvironment } from '../../src/environments/store.js';
import type { AuditEntry } from '../../src/people/audit-log.js';
import { VitrineError } from '../../src/shared/errors.js';
import type { Ports } from '../ports.js';
import type { Caller } from './access.js';
import { presentDeployment } from './deployments.js';
import { found, type Handlers, nameOf, pageOf } from './handler.js';
import { visibleTo } from './visible.js';

export const historyHandlers: Handlers<typeof history> = {
  async listDeployments(ports, { query, caller }) {
    refuseCombination(query);
    const { status, branch, author, creator, commit } = query;
    const scope = await scopeOf(ports, { query, caller });
    const { items, nextCursor } = await ports.deployments.list({
      scope,
      filter: {
        ...(status !== undefined && { status }),
        ...(branch !== undefined && { branch }),
        ...(author !== undefined && { author }),
        ...(creator !== undefined && { creator }),
        ...(commit !== undefined && { sha: commit }),
      },
      page: pageOf(query),
    });
    return { items: items.map(presentDeployment), nextCursor };
  },

  async deleteDeployment(ports, { params, caller }) {
    return presentDeployment(await removeDeployment(ports, { id: params.id, actor: nameOf(caller) }));
  },

  async listLatestDeployments(ports, { params, query }) {
    const { id: projectId } = found(await ports.projects.get(params.id), 'project');
    const { items, nextCursor } = await ports.environments.list({ projectId }, pageOf(query));
    const ids = items.flatMap(({ head, current }) => [head?.deploymentId, current?.deploymentId]);
    const deployments = await ports.deployments.byIds([...new Set(ids.filter((id) => id !== undefined))]);
    const byId = new Map(deployments.map((one) => [one.id, one]));
    return { items: items.map((one) => presentLatest(one, byId)), nextCursor };
  },

  async listDecisions(ports, { params }) {
    const { id, slug } = found(await ports.environments.get(params.id), 'environment');
    const [steps, entries] = await Promise.all([ports.environments.steps(id), ports.audit.of(slug, 50)]);
    const actions = entries.filter((entry) => !steps.some((step) => tellsTheSame(step, entry)));
    const items = [...steps.map(presentStep), ...actions.map(presentAction)];
    return { items: items.sort((a, b) => (a.at < b.at ? 1 : -1)), nextCursor: null };
  },

  async projectStatistics(ports, { params, query: { days } }) {
    const { id: projectId } = found(await ports.projects.get(params.id), 'project');
    const span = spanOf(ports, days);
    const [counted, previewsAlive] = await Promise.all([
      ports.statistics.days({ projectId, ...span }),
      ports.environments.countActive(projectId),
    ]);
    return presentStatistics(counted, { ...span, previewsAlive });
  },

  async serverStatistics(ports, { query: { days } }) {
    const span = spanOf(ports, days);
    const [counted, previewsAlive] = await Promise.all([
      ports.statistics.days(span),
      ports.environments.countAllActive(),
    ]);
    const largestProjects = await largestOf(ports, counted);
    return { ...presentStatistics(counted, { ...span, previewsAlive }), largestProjects };
  },
};

type Query = QueryOf<typeof listDeployments>;

/** Every list is answered by one index, so only some filters go together. */
function refuseCombination(query: Query): void {
  const { project, repository, repository_id, environment, branch, author, creator, commit } = query;
  const given = (filters: object) => Object.entries(filters).filter(([, value]) => value !== undefined);
  const names = (filters: object) => given(filters).map(([name]) => name);
  const scopes = names({ project, repository, repository_id, environment });
  const facets = names({ branch, author, creator, commit });
  if (scopes.length > 1) throw wrong(`${scopes.join(' and ')} cannot be combined: give one of them`);
  if (facets.length > 1) throw wrong(`${facets.join(' and ')} cannot be combined: give one of them`);
  const [facet] = facets;
  if (facet === undefined || facet === 'commit') return;
  if (scopes.length === 0) throw wrong(`${facet} needs a project or a repository`);
  if (environment !== undefined) throw wrong(`${facet} cannot be combined with environment`);
}

function wrong(reason: string): VitrineError {
  return new VitrineError('bad_request', `${reason}.`);
}

/** What is asked for, as far as the caller may see it: what they may not see is an empty list. */
async function scopeOf(
  ports: Ports,
  { query, caller }: { query: Query; caller: Caller },
): Promise<DeploymentScope> {
  const visible = await visibleTo(ports, caller);
  const shown = (ids: readonly string[]) =>
    visible === 'all' ? ids : ids.filter((id) => visible.projectIds.includes(id));
  if (query.environment !== undefined) {
    const projectId = (await ports.environments.get(query.environment))?.projectId;
    const isShown = projectId !== undefined && shown([projectId]).length > 0;
    return isShown ? { environmentId: query.environment } : { projectIds: [] };
  }
  if (query.project !== undefined) return { projectIds: shown([query.project]) };
  const { repository, repository_id } = query;
  if (repository === undefined && repository_id === undefined)
    return visible === 'all' ? {} : { projectIds: visible.projectIds };
  const repoId = repository_id ?? (await ports.repos.byFullName(repository ?? ''))?.id;
  const projects = repoId === undefined ? [] : await ports.projects.ofRepo(repoId);
  return { projectIds: shown(projects.map(({ id }) => id)) };
}

function presentLatest(environment: StoredEnvironment, deployments: ReadonlyMap<string, StoredDeployment>) {
  const { id, name, slug, status, url, head, current } = environment;
  const shown = (deploymentId: string | undefined) => {
    const deployment = deployments.get(deploymentId ?? '');
    return deployment && deployment.deletedAt === null ? presentDeployment(deployment) : null;
  };
  return {
    environment: { id, name, namespace: slug, status, url },
    latest: shown(head?.deploymentId),
    live: shown(current?.deploymentId),
  };
}

/** Some actions are in the audit log and in the chain, where the sentence may go on with what was decided. */
function tellsTheSame(step: Step, entry: AuditEntry): boolean {
  return step.action === entry.action && step.actor === entry.actor && step.detail.startsWith(entry.detail);
}

function presentStep({ at, source, sha, ...step }: Step): StepView {
  const { action, rule, detail, actor, status, generation } = step;
  return {
    at: at.toISOString(),
    action,
    rule,
    detail,
    actor,
    source: source.kind,
    deliveryId: source.kind === 'webhook' ? source.id : null,
    runId: source.kind === 'run' ? source.id : null,
    status,
    generation,
    commit: sha,
  };
}

/** An action that changed nothing of the document itself is in the audit log only. */
function presentAction({ at, action, detail, actor }: AuditEntry): StepView {
  const nothing = { deliveryId: null, runId: null, status: null, generation: null, commit: null };
  return { at: at.toISOString(), action, rule: 'asked', detail, actor, source: 'api', ...nothing };
}

const DAY_MS = 24 * 60 * 60_000;

function spanOf({ clock }: Pick<Ports, 'clock'>, days: number): { from: string; to: string } {
  const now = clock.now();
  return { from: dayOf(new Date(now.getTime() - (days - 1) * DAY_MS)), to: dayOf(now) };
}

function presentStatistics(
  days: readonly DayStatistics[],
  rest: Pick<StatisticsView, 'from' | 'to' | 'previewsAlive'>,
): StatisticsView {
  const { counts, ...summary } = summarize(days);
  const last = lastMeasured(days)?.measured;
  return {
    ...rest,
    ...summary,
    counts: positive(counts),
    stages: [...summarizeStages(days)],
    storage: last ? presentStorage(last) : null,
    byDay: days.map(presentDay),
  };
}

export function presentStorage({ at, bytes, files, kinds, logBytes }: Measured): StorageView {
  return { bytes, files, measuredAt: at.toISOString(), kinds: kinds ?? null, logBytes: logBytes ?? null };
}

function presentDay(one: DayStatistics): StatisticsView['byDay'][number] {
  const { counts, medianSeconds, p95Seconds } = summarize([one]);
  const { previews = null, bytes = null } = one.measured ?? {};
  const measured = { previewsAlive: previews, storageBytes: bytes };
  return { day: one.day, counts: positive(counts), medianSeconds, p95Seconds, ...measured };
}

function lastMeasured(days: readonly DayStatistics[]): DayStatistics | undefined {
  return days.findLast(({ measured }) => measured !== null);
}

/** More than people compare. */
const MOST_PROJECTS = 10;

async function largestOf(
  { statistics, projects }: Pick<Ports, 'statistics' | 'projects'>,
  days: readonly DayStatistics[],
): Promise<ServerStatisticsView['largestProjects']> {
  const day = lastMeasured(days)?.day;
  const found = day === undefined ? [] : await statistics.largest(day, MOST_PROJECTS);
  const named = await Promise.all(
    found.map(async (one) => ({ ...one, project: (await projects.get(one.projectId))?.name })),
  );
  // One that was deleted since takes no room any more.
  return named.flatMap(({ project, ...one }) => (project === undefined ? [] : [{ ...one, project }]));
}

/** A counter that was taken back to zero is left out. */
function positive(counts: DayStatistics['counts']): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
