import { LIVE, PREVIEWS, type previewPages } from '../../../src/contract/dashboard/previews.js';
import type { QueryOf } from '../../../src/contract/operation.js';
import { isActive, isPinned } from '../../../src/environments/model.js';
import type { EnvironmentFilter, StoredEnvironment } from '../../../src/environments/store.js';
import type { Project } from '../../../src/projects/project.js';
import { ENVIRONMENT } from '../../../src/shared/status/environment.js';
import { ENVIRONMENT_STATUS, type EnvironmentStatus } from '../../../src/shared/status/words.js';
import type { Caller } from '../../api/access.js';
import type { Handlers } from '../../api/handler.js';
import { visibleTo } from '../../api/visible.js';
import { versionOf } from '../../live/watch.js';
import type { Ports } from '../../ports.js';
import { type Thumbnails, thumbnailsOf } from './picture.js';
import {
  type Badge,
  type CommitModel,
  commitModel,
  environmentBadge,
  lockOf,
  ownerOf,
  type PersonModel,
  personModel,
  shownUrl,
} from './present.js';
import type { Shell } from './shell.js';
import { type StartWatch, streamOf } from './stream.js';

type Query = QueryOf<typeof previewPages.showOverview>;

interface Row {
  readonly href: string;
  /** The address of a small picture of what is live; empty where there is none. */
  readonly thumbnail: string;
  readonly title: string;
  readonly badge: Badge;
  readonly project: string;
  readonly name: string;
  readonly author: PersonModel | null;
  readonly branch: string;
  readonly commit: CommitModel | null;
  readonly pullRequest: { readonly number: number; readonly url: string } | null;
  readonly updatedAt: string;
  readonly expiresAt: string;
  readonly isPinned: boolean;
  /** Empty for a public one. */
  readonly lock: string;
  /** Empty while nothing is live. */
  readonly url: string;
  readonly shownUrl: string;
  readonly trouble: string;
}

interface Choice {
  readonly value: string;
  readonly label: string;
  readonly isChosen: boolean;
}

interface OverviewModel {
  readonly rows: readonly Row[];
  readonly hasPictures: boolean;
  readonly projects: readonly Choice[];
  readonly statuses: readonly Choice[];
  readonly q: string;
  readonly author: string;
  readonly isFiltered: boolean;
  readonly hasProjects: boolean;
  /** Empty on the last page. */
  readonly older: string;
  readonly isFirstPage: boolean;
}

/** So many previews are on a page. */
const PAGE = 50;

export function overviewPages(
  shell: Shell,
  watch: StartWatch,
): Pick<Handlers<typeof previewPages>, 'showOverview' | 'watchOverview'> {
  const show = shell.page<OverviewModel>('overview');
  return {
    async showOverview(ports, input) {
      const { query, caller } = input;
      const [list, projects] = await Promise.all([
        listed(ports, { query, caller }),
        projectsOf(ports, caller),
      ]);
      const live = `${LIVE}${addressOf({ ...query, from: versionOfList(list) })}`;
      const model = modelOf({ ...list, projects, query });
      return show(ports, input, { title: 'Previews', section: 'previews', live, model });
    },
    async watchOverview(ports, input) {
      const { from, ...query } = input.query;
      const visible = await visibleTo(ports, input.caller);
      return streamOf(watch, input, {
        key: `previews ${JSON.stringify([visible, query])}`,
        from,
        read: async () => versionOfList(await listed(ports, { query, caller: input.caller })),
      });
    },
  };
}

interface Listed {
  readonly items: readonly StoredEnvironment[];
  readonly nextCursor: string | null;
  readonly thumbnails: Thumbnails;
}

function versionOfList({ items, thumbnails }: Listed): string {
  return versionOf(
    items.map(({ id, version }) => [id, version]),
    thumbnails.version,
  );
}

interface Asked {
  readonly query: Query;
  readonly caller: Caller;
}

async function listed(ports: Ports, { query, caller }: Asked): Promise<Listed> {
  const visible = await visibleTo(ports, caller);
  const filter: EnvironmentFilter = {
    ...(visible !== 'all' && { projectIds: visible.projectIds }),
    ...statusFilter(query.status),
    ...(query.project && { projectId: query.project }),
    ...(query.author && { author: query.author }),
    ...(query.q && { search: query.q.trim() }),
  };
  const page = { limit: PAGE, ...(query.cursor && { cursor: query.cursor }) };
  const { items, nextCursor } = await ports.environments.list(filter, page);
  return { items, nextCursor, thumbnails: await thumbnailsOf(ports, items) };
}

const ALL = 'all';

function statusFilter(status: string | undefined): Pick<EnvironmentFilter, 'status' | 'activeOnly'> {
  if (status === ALL) return {};
  return isStatus(status) ? { status } : { activeOnly: true };
}

function isStatus(word: string | undefined): word is EnvironmentStatus {
  return (Object.values(ENVIRONMENT_STATUS) as readonly (string | undefined)[]).includes(word);
}

/** Nobody chooses from more. */
const MOST_PROJECTS = 100;

async function projectsOf(ports: Ports, caller: Caller): Promise<readonly Project[]> {
  const visible = await visibleTo(ports, caller);
  const filter = visible === 'all' ? {} : { ids: visible.projectIds };
  const { items } = await ports.projects.list(filter, { limit: MOST_PROJECTS });
  return [...items].sort((a, b) => a.name.localeCompare(b.name));
}

interface Found extends Listed {
  readonly projects: readonly Project[];
  readonly query: Query;
}

function modelOf({ items, nextCursor, thumbnails, projects, query }: Found): OverviewModel {
  const { status = '', project = '', q = '', author = '' } = query;
  const choice = (value: string, label: string, chosen: string) => ({
    value,
    label,
    isChosen: value === chosen,
  });
  return {
    rows: items.map((one) => rowOf(one, thumbnails)),
    hasPictures: thumbnails.areShown,
    projects: [
      choice('', 'All projects', project),
      ...projects.map(({ id, name }) => choice(id, name, project)),
    ],
    statuses: [
      choice('', 'Active', status),
      choice(ALL, 'Active and removed', status),
      ...Object.values(ENVIRONMENT_STATUS).map((one) => choice(one, ENVIRONMENT[one].text.label, status)),
    ],
    ...{ q, author },
    isFiltered: [status, project, q, author].some((one) => one !== ''),
    hasProjects: projects.length > 0,
    older: nextCursor === null ? '' : addressOf({ ...query, cursor: nextCursor }),
    isFirstPage: query.cursor === undefined,
  };
}

function addressOf(query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const text = String(new URLSearchParams(given));
  return text === '' ? PREVIEWS : `${PREVIEWS}?${text}`;
}

function rowOf(environment: StoredEnvironment, thumbnails: Thumbnails): Row {
  const { id, slug, project, pullRequest, head, current, url, status, error, expiresAt, health } =
    environment;
  const isLive = current !== null && isActive(environment);
  const shown = isLive ? current.url : '';
  const mayExpire = isActive(environment) && !isPinned(environment);
  return {
    href: `${PREVIEWS}/${id}`,
    thumbnail: thumbnails.of(environment),
    title: pullRequest?.title ?? environment.name,
    badge: environmentBadge(status),
    project,
    name: slug,
    author: personModel(ownerOf(environment)),
    branch: pullRequest?.head.ref ?? '',
    commit: head && commitModel(environment, head.sha),
    pullRequest: pullRequest && { number: pullRequest.number, url: pullRequest.url },
    updatedAt: (head?.at ?? environment.updatedAt).toISOString(),
    expiresAt: mayExpire ? (expiresAt?.toISOString() ?? '') : '',
    isPinned: isActive(environment) && isPinned(environment),
    lock: lockOf(environment),
    url: shown,
    shownUrl: shownUrl(shown === '' ? url : shown),
    trouble: isActive(environment) ? (error ?? (isLive ? (health?.detail ?? '') : '')) : '',
  };
}
