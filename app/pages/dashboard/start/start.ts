import { START, type startPages as operations } from '../../../../src/contract/dashboard/start.js';
import { LIVE } from '../../../../src/contract/dashboard/previews.js';
import type { RepositoryView } from '../../../../src/contract/projects.js';
import { isGitHubFailure } from '../../../../src/repositories/github.js';
import { findWorkflow } from '../../../../src/repositories/inspect.js';
import { refOf } from '../../../../src/repositories/ask.js';
import { isReachable } from '../../../../src/repositories/model.js';
import type { Handlers } from '../../../api/handler.js';
import { projectHandlers } from '../../../api/projects.js';
import { visibleTo } from '../../../api/visible.js';
import { versionOf } from '../../../live/watch.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';
import type { Shell } from '../shell.js';
import { type StartWatch, streamOf } from '../stream.js';
import { repositorySteps } from './repository.js';
import { type DashboardSite, type StepModel, stepsOf } from './steps.js';

interface Row {
  readonly id: number;
  readonly name: string;
  readonly href: string;
  readonly isPrivate: boolean;
  readonly isInstalled: boolean;
  /** What is there already, and so what is next. */
  readonly state: string;
  readonly tone: 'good' | 'progress' | 'neutral' | 'muted';
  readonly next: string;
}

interface StartModel {
  readonly steps: readonly StepModel[];
  /** Where the App is installed; empty when GitHub does not say. */
  readonly install: string;
  readonly rows: readonly Row[];
  readonly older: string;
  readonly isFirstPage: boolean;
  readonly isInstalled: boolean;
  /** The person has not allowed the server to read on GitHub which repositories they see. */
  readonly isUnconnected: boolean;
}

const PAGE = 20;

interface Parts {
  readonly watch: StartWatch;
  readonly site: DashboardSite;
}

export function startPages(shell: Shell, { watch, site }: Parts): Handlers<typeof operations> {
  const show = shell.page<StartModel>('start');
  return {
    ...repositorySteps(shell, { watch, site }),
    async showStart(ports, input) {
      const { cursor } = input.query;
      const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
      const listed = await perform(projectHandlers.listRepositories, { ports, input, query });
      const [rows, install, connection, from] = await Promise.all([
        Promise.all(listed.items.map((one) => rowOf(ports, one))),
        installationPage(ports),
        connectionOf(ports, input),
        versionFor(ports, input),
      ]);
      const isInstalled = listed.items.some(({ removedAt }) => removedAt === null);
      const next = listed.nextCursor;
      const model = {
        ...{ rows, install, isInstalled, isFirstPage: cursor === undefined },
        steps: stepsOf({ ...NOTHING, here: isInstalled ? 'repository' : 'install', installed: isInstalled }),
        older: next === null ? '' : `${START}?${String(new URLSearchParams({ cursor: next }))}`,
        isUnconnected: connection,
      };
      const live = `${LIVE}${START}?from=${from}`;
      return show(ports, input, { title: 'Start', section: 'start', live, model });
    },
    async watchStart(ports, input) {
      const { caller, query } = input;
      const key = `start ${caller.kind === 'user' ? caller.userId : caller.kind}`;
      return streamOf(watch, input, { key, from: query.from, read: () => versionFor(ports, input) });
    },
  };
}

const NOTHING = { repoId: null, configured: false, workflow: false, live: false } as const;

/** Changes when the person sees other repositories: the App was installed. */
async function versionFor(ports: Ports, { caller }: Pick<Asking, 'caller'>): Promise<string> {
  const visible = await visibleTo(ports, caller);
  const { items } = await ports.repos.list(visible === 'all' ? {} : { ids: visible.repoIds }, {
    limit: PAGE,
  });
  return versionOf(items.map(({ id, removedAt }) => [id, removedAt]));
}

/** Without it the other steps can be read all the same. */
async function installationPage({ github, log }: Ports): Promise<string> {
  try {
    return await github.installationPage();
  } catch (error) {
    if (!isGitHubFailure(error)) throw error;
    log('warn', 'GitHub does not say where the App is installed', { error });
    return '';
  }
}

async function connectionOf({ connections }: Ports, { caller }: Pick<Asking, 'caller'>): Promise<boolean> {
  if (caller.kind !== 'user' || caller.administrator) return false;
  const connection = await connections.get(caller.userId);
  return connection === null || connection.brokenAt !== null;
}

/** GitHub is asked for the workflow only where no preview shows that there is one. */
async function rowOf(ports: Ports, { id, name, removedAt, ...rest }: RepositoryView): Promise<Row> {
  const row = { id, name, isPrivate: rest.private, isInstalled: removedAt === null };
  const at = `${START}/${String(id)}`;
  if (removedAt !== null)
    return { ...row, href: '', state: 'The App is not installed any more', tone: 'muted', next: '' };
  // The newest pull request may have nothing yet.
  const { items } = await ports.environments.list({ repoId: id }, { limit: RECENT });
  const hasPreview = items.some(({ deployedAt }) => deployedAt !== null);
  if (hasPreview) return { ...row, href: `${at}/preview`, state: 'Has previews', tone: 'good', next: 'Look' };
  const workflow = await workflowOf(ports, id);
  if (workflow === null) return { ...row, href: at, state: 'Set it up', tone: 'neutral', next: 'Set up' };
  return {
    ...row,
    href: `${at}/preview`,
    state: 'Waits for a pull request',
    tone: 'progress',
    next: 'Go on',
  };
}

const RECENT = 20;

async function workflowOf(ports: Ports, id: number): Promise<string | null> {
  const repo = await ports.repos.get(id);
  if (!repo || !isReachable(repo)) return null;
  return findWorkflow(ports, refOf(repo)).catch((error: unknown) => {
    if (isGitHubFailure(error)) return null;
    throw error;
  });
}
