import { PREVIEWS } from '../../../../src/contract/dashboard/previews.js';
import { PROJECTS, type projectPages } from '../../../../src/contract/dashboard/projects.js';
import type { ProjectView } from '../../../../src/contract/projects.js';
import type { StoredEnvironment } from '../../../../src/environments/store.js';
import type { Handlers } from '../../../api/handler.js';
import { historyHandlers } from '../../../api/history.js';
import { projectHandlers } from '../../../api/projects.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';
import { type Badge, deploymentBadge, environmentBadge, shownUrl } from '../present.js';
import type { Shell } from '../shell.js';
import { addressOf, type HeadModel, projectPage } from './head.js';

interface Last {
  readonly badge: Badge;
  readonly at: string;
  readonly href: string;
}

interface ProjectRow {
  readonly href: string;
  readonly name: string;
  readonly repository: string;
  readonly isActive: boolean;
  readonly isDeleting: boolean;
  readonly alive: number;
  readonly last: Last | null;
}

interface ListModel {
  readonly rows: readonly ProjectRow[];
  readonly older: string;
  readonly isFirstPage: boolean;
}

interface PreviewRow {
  readonly href: string;
  readonly title: string;
  readonly name: string;
  readonly badge: Badge;
  readonly updatedAt: string;
  /** Empty while nothing is live. */
  readonly url: string;
  readonly shownUrl: string;
}

interface OverviewModel {
  readonly head: HeadModel;
  readonly previews: readonly PreviewRow[];
  readonly hasMore: boolean;
  readonly slug: string;
  readonly createdAt: string;
  readonly source: string;
  readonly alive: number;
  readonly ended: number;
  /** In per cent; empty when nothing ended. */
  readonly successRate: string;
  readonly medianSeconds: number | null;
  readonly p95Seconds: number | null;
}

const PAGE = 25;
/** So many previews are on the page of a project; the overview lists all. */
const SHOWN = 10;
const DAYS = 30;

export function projectOverview(
  shell: Shell,
): Pick<Handlers<typeof projectPages>, 'showProjects' | 'showProject'> {
  const list = shell.page<ListModel>('projects');
  const show = shell.page<OverviewModel>('project');
  return {
    async showProjects(ports, input) {
      const { cursor } = input.query;
      const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
      const { items, nextCursor } = await perform(projectHandlers.listProjects, { ports, input, query });
      const rows = await Promise.all(items.map((project) => rowOf(ports, input, project)));
      const older =
        nextCursor === null ? '' : `${PROJECTS}?${String(new URLSearchParams({ cursor: nextCursor }))}`;
      const model = { rows, older, isFirstPage: cursor === undefined };
      return list(ports, input, { title: 'Projects', section: 'projects', model });
    },

    async showProject(ports, input) {
      const { head, project } = await projectPage(ports, input, { id: input.params.id, tab: 'overview' });
      const model = { head, ...(await overviewOf(ports, { input, project })) };
      return show(ports, input, { title: head.name, section: 'projects', model });
    },
  };
}

async function rowOf(ports: Ports, input: Asking, project: ProjectView): Promise<ProjectRow> {
  const { id, name, repository, active, deletingAt } = project;
  const [alive, deployments] = await Promise.all([
    ports.environments.countActive(id),
    perform(historyHandlers.listDeployments, { ports, input, query: { project: id, limit: 1 } }),
  ]);
  const [last] = deployments.items;
  return {
    ...{ name, repository, alive, href: addressOf(id), isActive: active, isDeleting: deletingAt !== null },
    last: last
      ? {
          badge: deploymentBadge(last.status),
          at: last.createdAt,
          href: `${PREVIEWS}/${last.environmentId}`,
        }
      : null,
  };
}

interface Asked {
  readonly input: Asking;
  readonly project: {
    readonly id: string;
    readonly slug: string;
    readonly createdAt: Date;
    readonly isDefault: boolean;
    readonly isAdded: boolean;
  };
}

async function overviewOf(
  ports: Ports,
  { input, project: { id, slug, createdAt, isDefault, isAdded } }: Asked,
): Promise<Omit<OverviewModel, 'head'>> {
  const [environments, statistics] = await Promise.all([
    ports.environments.list({ projectId: id, activeOnly: true }, { limit: SHOWN }),
    perform(historyHandlers.projectStatistics, { ports, input, params: { id }, query: { days: DAYS } }),
  ]);
  const { counts, successRate, medianSeconds, p95Seconds, previewsAlive } = statistics;
  return {
    ...{ slug, medianSeconds, p95Seconds, alive: previewsAlive },
    previews: environments.items.map(previewRow),
    hasMore: environments.nextCursor !== null,
    createdAt: createdAt.toISOString(),
    source: isAdded
      ? 'A person added it.'
      : isDefault
        ? 'The repository has it by itself.'
        : '.github/preview.yml names it.',
    ended: Object.values(counts).reduce((sum, count) => sum + count, 0),
    successRate: successRate === null ? '' : String(Math.round(successRate * 100)),
  };
}

function previewRow(environment: StoredEnvironment): PreviewRow {
  const { id, name, status, pullRequest, current, head, updatedAt } = environment;
  const url = current?.url ?? '';
  return {
    ...{ name, url, href: `${PREVIEWS}/${id}`, badge: environmentBadge(status) },
    title: pullRequest?.title ?? name,
    shownUrl: shownUrl(url),
    updatedAt: (head?.at ?? updatedAt).toISOString(),
  };
}
