import { LIVE } from '../../../../src/contract/dashboard/previews.js';
import { START, type startPages } from '../../../../src/contract/dashboard/start.js';
import type { Page } from '../../../../src/contract/operation.js';
import { readTyped, sentenceFor } from '../../../../src/projects/form.js';
import { tryPatch } from '../../../../src/projects/settings.js';
import { newFileUrl, WORKFLOW_PATH, workflowFile } from '../../../../src/projects/workflow.js';
import { defaultProjectName } from '../../../../src/settings/settings.js';
import { isVitrineError } from '../../../../src/shared/errors.js';
import type { Handlers } from '../../../api/handler.js';
import { projectHandlers } from '../../../api/projects.js';
import { isOurFault } from '../../../http/respond.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';
import { leadTo } from '../forms.js';
import type { Shell } from '../shell.js';
import { type StartWatch, streamOf } from '../stream.js';
import { type FirstPreview, firstPreviews } from './first-preview.js';
import { branchOf, type Chosen, chosenRepository, versionFor } from './chosen.js';
import { missingTarget, type ProposalModel, proposalOf, type Typed } from './proposal.js';
import { type DashboardSite, type StepModel, type StepName, stepsOf } from './steps.js';

interface StepPage {
  readonly steps: readonly StepModel[];
  readonly id: string;
  readonly repository: string;
  /** Why something is not known; empty when all is. */
  readonly trouble: string;
}

interface FoundModel {
  readonly framework: string;
  readonly packageManager: string;
  readonly node: string;
  readonly nodeFile: string;
  readonly notes: readonly string[];
}

interface SettingsModel extends StepPage, ProposalModel {
  readonly found: FoundModel | null;
  readonly missing: string;
  readonly problem: string;
  readonly mayChange: boolean;
  readonly isSaved: boolean;
}

interface WorkflowModel extends StepPage {
  readonly path: string;
  readonly file: string;
  readonly newFile: string;
  readonly branch: string;
  /** The workflow that is there already; empty when there is none. */
  readonly present: string;
  /** The operator has not said where the Action is. */
  readonly isPlaceholder: boolean;
}

interface PreviewModel extends StepPage {
  readonly hasWorkflow: boolean;
  readonly previews: readonly FirstPreview[];
  readonly isLive: boolean;
  readonly pulls: string;
}

interface Parts {
  readonly watch: StartWatch;
  readonly site: DashboardSite;
}

type Steps = Omit<Handlers<typeof startPages>, 'showStart' | 'watchStart'>;

/** The steps of one repository that was chosen. */
export function repositorySteps(shell: Shell, { watch, site }: Parts): Steps {
  return {
    ...settingsStep(shell),
    ...workflowStep(shell, site),
    ...previewStep(shell, { watch, site }),
  };
}

function stepPage(chosen: Chosen, here: StepName): StepPage {
  const { repo, inspection, project, environments } = chosen;
  const live = environments.some(({ current }) => current !== null);
  const workflow = inspection.workflow !== null || live;
  const configured = workflow || Object.keys(project?.settings ?? {}).length > 0;
  return {
    steps: stepsOf({ here, installed: true, repoId: repo.id, configured, workflow, live }),
    id: String(repo.id),
    repository: repo.fullName,
    trouble: inspection.trouble,
  };
}

const liveOf = ({ repo, version }: Chosen) => `${LIVE}${START}/${String(repo.id)}?from=${version}`;

interface Sent {
  readonly typed: Typed;
  readonly problems: ReadonlyMap<string, string>;
  readonly problem: string;
}

type SettingsInput = Asking & { readonly params: { readonly id: number } };

function settingsStep(shell: Shell): Pick<Steps, 'showStartSettings' | 'submitStartSettings'> {
  const render = shell.page<SettingsModel>('start-settings');
  const show = async (ports: Ports, input: SettingsInput, sent: Sent | null): Promise<Page> => {
    const chosen = await chosenRepository(ports, input, input.params.id);
    const { project, inspection, mayChange } = chosen;
    const { detected } = inspection;
    const targets = [...ports.targets.keys()];
    const { typed = null, problems = new Map<string, string>(), problem = '' } = sent ?? {};
    const model = {
      ...stepPage(chosen, 'settings'),
      ...proposalOf({ detected, settings: project?.settings ?? {}, typed, problems, targets }),
      found: detected && foundModel(detected),
      missing: missingTarget(detected, { targets, targetsOff: ports.targetsOff }),
      ...{ problem, mayChange, isSaved: Object.keys(project?.settings ?? {}).length > 0 },
    };
    const at = `${START}/${String(chosen.repo.id)}`;
    return render(ports, input, { title: 'Check the settings', section: 'start', at, model });
  };
  return {
    showStartSettings: (ports, input) => show(ports, input, null),
    async submitStartSettings(ports, input) {
      const { csrf: _csrf, return_to: _back, spa, ...texts } = input.body;
      const typed: Typed = { ...texts, spa: spa === 'yes' ? 'true' : '' };
      const failed = await saveSettings(ports, input, typed);
      if (failed) return { status: 200, body: await show(ports, input, { typed, ...failed }) };
      const location = `${START}/${String(input.params.id)}/workflow`;
      const flash = { tone: 'good', message: 'The settings are saved. Now commit the workflow.' } as const;
      return { status: 303, body: leadTo(ports, { location, flash }) };
    },
  };
}

function foundModel({
  framework,
  packageManager,
  node,
  notes,
}: NonNullable<Chosen['inspection']['detected']>): FoundModel {
  return {
    ...{ framework, notes, packageManager: packageManager ?? '' },
    node: node?.version ?? '',
    nodeFile: node?.file ?? '',
  };
}

/** Null when they are saved; otherwise what is wrong. The project is made here when no pull request has made it yet. */
async function saveSettings(
  ports: Ports,
  input: SettingsInput,
  typed: Typed,
): Promise<Omit<Sent, 'typed'> | null> {
  const { project, repo } = await chosenRepository(ports, input, input.params.id);
  const stored = project?.settings ?? {};
  const { patch, problems: unreadable } = readTyped(typed, stored);
  const wrong = [...unreadable, ...tryPatch(stored, patch).problems];
  const problems = new Map(
    wrong.map(({ path, problem }) => [path.split('.')[0] ?? '', sentenceFor({ label: path }, problem)]),
  );
  if (problems.size > 0) return { problems, problem: '' };
  try {
    if (project) {
      const params = { id: project.id };
      await perform(projectHandlers.changeProject, { ports, input, params, body: { settings: patch } });
    } else {
      const body = { name: defaultProjectName(repo.fullName), active: true, settings: patch };
      await perform(projectHandlers.addProject, { ports, input, params: { id: repo.id }, body });
    }
    return null;
  } catch (error) {
    if (!isVitrineError(error) || isOurFault(error)) throw error;
    return { problems, problem: error.message };
  }
}

function workflowStep(shell: Shell, { action, website }: DashboardSite): Pick<Steps, 'showStartWorkflow'> {
  const render = shell.page<WorkflowModel>('start-workflow');
  return {
    async showStartWorkflow(ports, input) {
      const chosen = await chosenRepository(ports, input, input.params.id);
      const { repo, inspection, project, projects } = chosen;
      const branch = await branchOf(ports, repo);
      const file = workflowFile({
        action,
        serverUrl: ports.publicUrl,
        detected: inspection.detected,
        project: projects.length > 1 ? (project?.name ?? null) : null,
      });
      const model = {
        ...stepPage(chosen, 'workflow'),
        ...{ file, branch, path: WORKFLOW_PATH, present: inspection.workflow ?? '' },
        newFile: newFileUrl({ website, repository: repo.fullName, branch, content: file }),
        isPlaceholder: action.startsWith('your-org/'),
      };
      const live = liveOf(chosen);
      return render(ports, input, { title: 'Commit the workflow', section: 'start', live, model });
    },
  };
}

function previewStep(
  shell: Shell,
  { watch, site }: Parts,
): Pick<Steps, 'showFirstPreview' | 'watchStartRepository'> {
  const render = shell.page<PreviewModel>('start-preview');
  return {
    async showFirstPreview(ports, input) {
      const chosen = await chosenRepository(ports, input, input.params.id);
      const { environments, inspection, repo } = chosen;
      const isLive = environments.some(({ current }) => current !== null);
      const model = {
        ...stepPage(chosen, 'preview'),
        previews: await firstPreviews(ports, environments),
        ...{ isLive, hasWorkflow: inspection.workflow !== null || environments.length > 0 },
        pulls: `${site.website}/${repo.fullName}/pulls`,
      };
      const live = liveOf(chosen);
      return render(ports, input, { title: 'First preview', section: 'start', live, model });
    },
    async watchStartRepository(ports, input) {
      const { id } = input.params;
      const read = () => versionFor(ports, id);
      return streamOf(watch, input, { key: `start ${String(id)}`, from: input.query.from, read });
    },
  };
}
