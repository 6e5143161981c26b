import { LIVE } from '../../../../src/contract/dashboard/previews.js';
import { STATISTICS, type statisticsPages } from '../../../../src/contract/dashboard/statistics.js';
import type { ServerStatisticsView, StatisticsView } from '../../../../src/contract/history.js';
import { can } from '../../../../src/people/policies.js';
import type { Project } from '../../../../src/projects/project.js';
import { VitrineError } from '../../../../src/shared/errors.js';
import { showTime } from '../../../../src/shared/time.js';
import type { Handlers, Input } from '../../../api/handler.js';
import { historyHandlers } from '../../../api/history.js';
import { visibleTo } from '../../../api/visible.js';
import { versionOf } from '../../../live/watch.js';
import type { Ports } from '../../../ports.js';
import { perform } from '../call.js';
import { addressWith, type Choice, choiceOf } from '../present.js';
import { countOf } from '../rooms.js';
import type { Shell } from '../shell.js';
import { type StartWatch, streamOf } from '../stream.js';
import { bytesOf, durationOf } from '../tags.js';
import { type PlotModel, plotsOf } from './plots.js';

type Pages = Handlers<typeof statisticsPages>;
type Asking = Omit<Input<never>, 'params' | 'query' | 'body'>;

interface Card {
  readonly label: string;
  readonly value: string;
  readonly detail: string;
}

interface Bar {
  readonly name: string;
  readonly href: string;
  readonly value: string;
  readonly detail: string;
  /** Of the largest, in percent. */
  readonly share: number;
}

interface StatisticsModel {
  readonly title: string;
  readonly projects: readonly Choice[];
  readonly spans: readonly { readonly label: string; readonly href: string; readonly isHere: boolean }[];
  readonly days: number;
  readonly cards: readonly Card[];
  readonly plots: readonly PlotModel[];
  readonly stages: readonly Bar[];
  readonly rooms: readonly Bar[];
  readonly isServer: boolean;
  readonly hasProjects: boolean;
  readonly measuredAt: string;
}

const SPANS = [7, 30, 90] as const;
const USUAL = 30;
/** Nobody chooses from more. */
const MOST_PROJECTS = 100;
/** Figures of many days are added up for each look at them; deployments take longer than this anyway. */
const LOOK_EVERY_MS = 3_000;

export function statisticsPage(shell: Shell, watch: StartWatch): Pages {
  const show = shell.page<StatisticsModel>('statistics');
  return {
    async showStatistics(ports, input) {
      const { query } = input;
      const projects = await projectsOf(ports, input);
      const project = await chosen(ports, input, { wanted: query.project, projects });
      const days = daysOf(query);
      const found = await statisticsOf(ports, input, { projectId: project?.id, days });
      const forServer = mayServer(input);
      const model = modelOf({ found, project, projects, days, forServer });
      const about = { project: project?.id, days: String(days), from: versionOf(found) };
      return show(ports, input, {
        ...{ title: 'Statistics', section: 'statistics', styles: ['uplot.css'], model },
        scripts: found ? ['statistics.js'] : [],
        live: found ? addressWith(`${LIVE}${STATISTICS}`, about) : '',
      });
    },

    async watchStatistics(ports, input) {
      const { query } = input;
      const wanted = { wanted: query.project, projects: await projectsOf(ports, input) };
      const project = await chosen(ports, input, wanted);
      const asked = { projectId: project?.id, days: daysOf(query) };
      return streamOf(watch, input, {
        key: `statistics ${project?.id ?? 'server'} ${String(asked.days)}`,
        from: query.from,
        read: async () => versionOf(await statisticsOf(ports, input, asked)),
        everyMs: LOOK_EVERY_MS,
      });
    },
  };
}

const daysOf = ({ days }: { readonly days?: string | undefined }) =>
  SPANS.find((one) => String(one) === days) ?? USUAL;

const mayServer = ({ caller }: Asking) => can(caller, 'server.statistics') === 'yes';

async function projectsOf(ports: Ports, { caller }: Asking): Promise<readonly Project[]> {
  const visible = await visibleTo(ports, caller);
  const filter = visible === 'all' ? {} : { ids: visible.projectIds };
  const { items } = await ports.projects.list(filter, { limit: MOST_PROJECTS });
  return [...items].sort((a, b) => a.name.localeCompare(b.name));
}

interface Wanted {
  readonly wanted: string | undefined;
  readonly projects: readonly Project[];
}

/** The project whose figures are shown; undefined for the whole server, or where the person sees none. */
async function chosen(
  ports: Ports,
  input: Asking,
  { wanted, projects }: Wanted,
): Promise<Project | undefined> {
  if (!wanted) return mayServer(input) ? undefined : projects[0];
  const visible = await visibleTo(ports, input.caller);
  const mayRead = visible === 'all' || visible.projectIds.includes(wanted);
  const project = mayRead ? await ports.projects.get(wanted) : null;
  if (!project) throw new VitrineError('not_found', 'There is no such project.');
  return project;
}

type Found = StatisticsView | ServerStatisticsView;

async function statisticsOf(
  ports: Ports,
  input: Asking,
  { projectId, days }: { readonly projectId: string | undefined; readonly days: number },
): Promise<Found | null> {
  const asked = { ports, input, query: { days } };
  if (projectId !== undefined)
    return perform(historyHandlers.projectStatistics, { ...asked, params: { id: projectId } });
  return mayServer(input) ? perform(historyHandlers.serverStatistics, asked) : null;
}

interface Shown {
  readonly found: Found | null;
  readonly project: Project | undefined;
  readonly projects: readonly Project[];
  readonly days: number;
  readonly forServer: boolean;
}

function modelOf({ found, project, projects, days, forServer }: Shown): StatisticsModel {
  const id = project?.id ?? '';
  const measuredAt = found?.storage?.measuredAt ?? '';
  return {
    title: project?.name ?? 'The whole server',
    projects: [
      ...(forServer ? [choiceOf('', 'The whole server', id)] : []),
      ...projects.map((one) => choiceOf(one.id, one.name, id)),
    ],
    spans: SPANS.map((span) => ({
      label: `${span} days`,
      href: addressWith(STATISTICS, { project: id, days: String(span) }),
      isHere: span === days,
    })),
    ...{ days, measuredAt },
    cards: found ? cardsOf(found) : [],
    plots: found ? plotsOf(found) : [],
    stages: found ? stagesOf(found) : [],
    rooms: found && 'largestProjects' in found ? roomsOf(found) : [],
    isServer: project === undefined,
    hasProjects: projects.length > 0 || forServer,
  };
}

const NOTHING = '–';

function cardsOf(found: Found): readonly Card[] {
  const { counts, successRate, medianSeconds, p95Seconds, previewsAlive, storage } = found;
  const ended = Object.values(counts).reduce((sum, one) => sum + one, 0);
  const seconds = (value: number | null) => (value === null ? NOTHING : durationOf(value));
  return [
    { label: 'Deployments', value: whole(ended), detail: 'ended in these days' },
    {
      label: 'Success rate',
      value: successRate === null ? NOTHING : `${(successRate * 100).toFixed(1)} %`,
      detail: 'of those that succeeded or failed',
    },
    { label: 'Build time', value: seconds(medianSeconds), detail: 'half of the successful ones took less' },
    { label: 'Slow builds', value: seconds(p95Seconds), detail: '19 of 20 took less' },
    { label: 'Previews alive', value: whole(previewsAlive), detail: 'show or await a deployment now' },
    {
      label: 'Storage',
      value: storage ? bytesOf(storage.bytes) : NOTHING,
      detail: storage
        ? `${countOf(storage.files, 'file')}, measured ${showTime(new Date(storage.measuredAt))} UTC`
        : 'not measured in these days',
    },
  ];
}

const whole = (count: number) => count.toLocaleString('en');

function stagesOf({ stages }: Found): readonly Bar[] {
  const longest = Math.max(...stages.map(({ medianSeconds }) => medianSeconds));
  return stages.map(({ name, count, medianSeconds, p95Seconds }) => ({
    ...{ name, href: '' },
    value: durationOf(medianSeconds),
    detail: `${durationOf(p95Seconds)} in slow builds; ${countOf(count, 'deployment')}`,
    share: shareOf(medianSeconds, longest),
  }));
}

function roomsOf({ largestProjects }: ServerStatisticsView): readonly Bar[] {
  const most = Math.max(...largestProjects.map(({ bytes }) => bytes), 1);
  return largestProjects.map(({ projectId, project, bytes }) => ({
    name: project,
    href: addressWith(STATISTICS, { project: projectId }),
    value: bytesOf(bytes),
    detail: '',
    share: shareOf(bytes, most),
  }));
}

/** Never nothing: a bar that cannot be seen says that there is none. */
function shareOf(value: number, most: number): number {
  return Math.max(1, Math.round((value / most) * 100));
}
