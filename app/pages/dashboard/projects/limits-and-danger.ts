import { PROJECTS, type projectPages } from '../../../../src/contract/dashboard/projects.js';
import { fieldOf, typedOf } from '../../../../src/projects/form.js';
import type { StoredProject } from '../../../../src/projects/project.js';
import { VitrineError } from '../../../../src/shared/errors.js';
import { configurationHandlers } from '../../../api/configuration.js';
import { found, type Handlers } from '../../../api/handler.js';
import { historyHandlers } from '../../../api/history.js';
import { projectHandlers } from '../../../api/projects.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';
import { formHandler } from '../forms.js';
import { shownUrl } from '../present.js';
import { type RoomModel, roomsOf } from '../rooms.js';
import type { Shell } from '../shell.js';
import { type HeadModel, projectPage } from './head.js';

interface LimitModel {
  readonly label: string;
  readonly used: number;
  readonly most: number;
  readonly isFull: boolean;
  readonly note: string;
}

interface LimitsModel {
  readonly head: HeadModel;
  readonly limits: readonly LimitModel[];
  readonly facts: readonly { readonly label: string; readonly value: string; readonly origin: string }[];
  readonly rooms: readonly RoomModel[];
  readonly measuredAt: string;
  /** Where the limits are changed; empty for who may not. */
  readonly settings: string;
}

interface Named {
  readonly name: string;
  readonly detail: string;
}

interface DangerModel {
  readonly head: HeadModel;
  readonly previews: readonly Named[];
  readonly morePreviews: boolean;
  readonly deployments: string;
  readonly variables: readonly string[];
  readonly members: readonly string[];
  readonly channels: readonly string[];
  readonly alive: number;
}

type Pages = Pick<
  Handlers<typeof projectPages>,
  'showProjectLimits' | 'showProjectDanger' | 'submitActivity' | 'submitProjectDeletion'
>;

export function projectLimitsAndDanger(shell: Shell): Pages {
  const limits = shell.page<LimitsModel>('project-limits');
  const danger = shell.page<DangerModel>('project-danger');
  return {
    ...forms,
    async showProjectLimits(ports, input) {
      const { head, project } = await projectPage(ports, input, { id: input.params.id, tab: 'limits' });
      const model = { head, ...(await usage(ports, { input, project })) };
      const settings = head.mayChange ? `${head.href}/settings#limits` : '';
      const title = `Limits of ${head.name}`;
      return limits(ports, input, { title, section: 'projects', model: { ...model, settings } });
    },

    async showProjectDanger(ports, input) {
      const { id } = input.params;
      const { head } = await projectPage(ports, input, { id, tab: 'danger' });
      const model = { head, ...(await holdings(ports, input, id)) };
      return danger(ports, input, { title: `Danger zone of ${head.name}`, section: 'projects', model });
    },
  };
}

/** More need not be counted exactly. */
const MOST_RUNNING = 1_000;
/** It is measured once an hour; a server that was off for longer says that it does not know. */
const MEASURED_DAYS = 2;

interface Of {
  readonly input: Asking;
  readonly project: StoredProject;
}

async function usage(
  ports: Ports,
  { input, project: { id } }: Of,
): Promise<Omit<LimitsModel, 'head' | 'settings'>> {
  const [{ values }, alive, running, { storage }] = await Promise.all([
    perform(projectHandlers.getProjectSettings, { ports, input, params: { id } }),
    ports.environments.countActive(id),
    ports.deployments.countRunning(id, MOST_RUNNING),
    perform(historyHandlers.projectStatistics, {
      ports,
      input,
      params: { id },
      query: { days: MEASURED_DAYS },
    }),
  ]);
  const most = (name: string) => Number(values[name]?.value);
  const limit = (label: string, [used, allowed]: readonly [number, number], note: string) => ({
    ...{ label, used, note, most: allowed, isFull: used >= allowed },
  });
  return {
    limits: [
      limit(
        'Previews now',
        [alive, most('limits.environments')],
        'What happens to one more: limits.when-full.',
      ),
      limit('Deployments under way', [running, most('limits.running')], 'More wait for their turn.'),
    ],
    rooms: storage ? roomsOf(storage) : [],
    measuredAt: storage?.measuredAt ?? '',
    facts: FACTS.map(([name, label]) => {
      const { value, origin = 'default' } = values[name] ?? {};
      return { label, value: valueText(name, value), origin: ORIGINS[origin] };
    }),
  };
}

const ORIGINS = { file: 'from .github/preview.yml', project: 'set here', default: 'by default' } as const;

const FACTS = [
  ['limits.environmentsPerUser', 'Previews of one author'],
  ['limits.runningPerUser', 'Deployments of one author under way'],
  ['limits.deploysPerHour', 'Deployments in an hour'],
  ['limits.ttl', 'Removed so long after the last activity'],
  ['limits.sleepAfter', 'A program without visitors sleeps after'],
  ['limits.uploadSize', 'Size of an upload'],
  ['limits.fileSize', 'Size of one file'],
  ['limits.files', 'Files of an upload'],
  ['resources.memory', 'Memory of a program'],
  ['resources.cpu', 'Processors of a program'],
] as const;

function valueText(name: string, value: unknown): string {
  const field = fieldOf(name);
  return field ? typedOf(field, value) : String(value);
}

/** So many are named; the rest is counted. */
const NAMED = 100;

/** What would be deleted with the project, by name. */
async function holdings(ports: Ports, input: Asking, id: string): Promise<Omit<DangerModel, 'head'>> {
  const page = { limit: NAMED };
  const [environments, deployments, members, channels, names, alive] = await Promise.all([
    ports.environments.list({ projectId: id, activeOnly: true }, page),
    perform(historyHandlers.listDeployments, { ports, input, query: { project: id, ...page } }),
    ports.members.ofProject(id, page),
    ports.channels.ofProject(id, page),
    configured(ports, input, id),
    ports.environments.countActive(id),
  ]);
  const people = await Promise.all(members.items.map(({ userId }) => ports.users.get(userId)));
  const count = deployments.items.length;
  const isMore = deployments.nextCursor !== null;
  return {
    alive,
    previews: environments.items.map(({ name, pullRequest, url }) => ({
      name,
      detail: pullRequest?.title ?? shownUrl(url),
    })),
    morePreviews: environments.nextCursor !== null,
    deployments: isMore
      ? `more than ${String(count)} deployments`
      : count === 1
        ? 'one deployment'
        : `${String(count)} deployments`,
    variables: names,
    members: people.map((user) => user?.name ?? 'a person who is gone'),
    channels: channels.items.map(({ name }) => name),
  };
}

const LAYERS = ['project', 'target', 'class', 'pull-request'] as const;

async function configured(ports: Ports, input: Asking, id: string): Promise<readonly string[]> {
  const lists = await Promise.all(
    LAYERS.flatMap((layer) => {
      const parts = { ports, input, params: { id }, query: { layer, limit: NAMED } };
      return [
        perform(configurationHandlers.listVariables, parts),
        perform(configurationHandlers.listSecrets, parts),
      ];
    }),
  );
  return [...new Set(lists.flatMap(({ items }) => items.map(({ name }) => name)))].sort();
}

const forms: Pick<Pages, 'submitActivity' | 'submitProjectDeletion'> = {
  submitActivity: formHandler(async (ports, input) => {
    const active = input.body.active === 'true';
    const params = { id: input.params.id };
    const { name } = await perform(projectHandlers.changeProject, { ports, input, params, body: { active } });
    return {
      message: active
        ? `${name} is switched on: the next push is deployed again.`
        : `${name} is switched off: nothing new is deployed. What is live stays until it expires or its pull request closes.`,
    };
  }),

  submitProjectDeletion: formHandler(async (ports, input) => {
    const { id } = input.params;
    const project = found(await ports.projects.get(id), 'project');
    if (input.body.confirm.trim() !== project.name)
      throw new VitrineError(
        'bad_request',
        `Nothing was deleted: type the name of the project, ${project.name}, to confirm.`,
      );
    await perform(projectHandlers.deleteProject, { ports, input, params: { id } });
    return {
      message: `${project.name} is being deleted: its previews go first, then all that belongs to it.`,
      to: PROJECTS,
    };
  }),
};
