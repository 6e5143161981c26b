import { access } from '../../../../src/contract/access.js';
import type { accessPages } from '../../../../src/contract/dashboard/access.js';
import type { Page } from '../../../../src/contract/operation.js';
import { effectiveSettings, type Origin } from '../../../../src/projects/effective.js';
import { policyFile } from '../../../../src/repositories/projects.js';
import { isVitrineError } from '../../../../src/shared/errors.js';
import { ACCESS_MODES, type AccessMode } from '../../../../src/shared/preview-access.js';
import { found, type Handlers } from '../../../api/handler.js';
import { parseInput } from '../../../api/input.js';
import { accessHandlers } from '../../../api/previews/access.js';
import { projectHandlers } from '../../../api/projects.js';
import { isOurFault } from '../../../http/respond.js';
import type { Ports } from '../../../ports.js';
import { type Asking, perform } from '../call.js';
import { formHandler, leadTo } from '../forms.js';
import { ACCESS_LABELS, type Choice, choiceOf } from '../present.js';
import type { Shell } from '../shell.js';
import { addressOf, type HeadModel, projectPage } from './head.js';

interface AccessModel {
  readonly head: HeadModel;
  /** What counts now. */
  readonly label: string;
  readonly icon: 'globe' | 'lock';
  readonly hint: string;
  readonly origin: string;
  readonly choices: readonly (Choice & { readonly hint: string })[];
  /** What is missing, or does not do what a reader would expect. */
  readonly notes: readonly string[];
  readonly password: { readonly setAt: string; readonly setBy: string } | null;
  readonly isPasswordAsked: boolean;
  readonly passwordProblem: string;
}

type Pages = Pick<
  Handlers<typeof accessPages>,
  'showProjectAccess' | 'submitAccess' | 'submitPreviewPassword' | 'submitPreviewPasswordRemoval'
>;

interface Named {
  readonly params: { readonly id: string };
}

export function projectAccessPage(shell: Shell): Pages {
  const render = shell.page<AccessModel>('project-access');
  const show = async (ports: Ports, input: Asking & Named, passwordProblem = ''): Promise<Page> => {
    const { id } = input.params;
    const { head } = await projectPage(ports, input, { id, tab: 'access' });
    const model = { head, passwordProblem, ...(await modelOf(ports, input, id)) };
    const title = `Access to the previews of ${head.name}`;
    return render(ports, input, { title, section: 'projects', at: addressOf(id, 'access'), model });
  };
  return {
    ...forms,
    showProjectAccess: (ports, input) => show(ports, input),
    async submitPreviewPassword(ports, input) {
      const { id } = input.params;
      try {
        const body = parseInput(access.setPreviewPassword.body(), { password: input.body.password });
        const parts = { ports, input, params: { id }, body };
        const { access: mode } = await perform(accessHandlers.setPreviewPassword, parts);
        const message =
          'The password is set. Pass it on: it is not shown again. ' +
          (mode === 'password'
            ? 'Visitors who came in with another one have to enter it.'
            : 'Visitors are asked for it once the access is “With a password”.');
        const flash = { tone: 'good', message } as const;
        return { status: 303, body: leadTo(ports, { location: addressOf(id, 'access'), flash }) };
      } catch (error) {
        if (!isVitrineError(error) || isOurFault(error)) throw error;
        return { status: 200, body: await show(ports, input, error.message) };
      }
    },
  };
}

const forms: Pick<Pages, 'submitAccess' | 'submitPreviewPasswordRemoval'> = {
  submitAccess: formHandler(async (ports, input) => {
    const params = { id: input.params.id };
    const { access: chosen } = input.body;
    const body = { settings: { access: chosen === '' ? null : chosen } };
    await perform(projectHandlers.changeProject, { ports, input, params, body });
    const { access: mode } = await perform(accessHandlers.getProjectAccess, { ports, input, params });
    return { message: savedText(chosen, mode) };
  }),

  submitPreviewPasswordRemoval: formHandler(async (ports, input) => {
    const params = { id: input.params.id };
    const { access: mode } = await perform(accessHandlers.removePreviewPassword, { ports, input, params });
    return {
      message:
        mode === 'password'
          ? 'The password is removed. Only shared links open the previews until another one is set.'
          : 'The password is removed.',
    };
  }),
};

function savedText(chosen: AccessMode | '', counts: AccessMode): string {
  if (chosen !== '' && chosen !== counts)
    return `The choice is saved, and has no effect yet: .github/preview.yml of the default branch comes first, and says “access: ${counts}”.`;
  const effect = {
    public: 'Everybody who knows the address of a preview can open it.',
    password: 'Every visitor of a preview is asked for the password.',
    github: 'Every visitor of a preview has to sign in.',
  };
  return `The choice is saved, and counts for the next visitor. ${effect[counts]}`;
}

const ORIGINS: Readonly<Record<Origin, string>> = {
  file: 'from .github/preview.yml of the default branch',
  project: 'chosen here',
  default: 'by default',
};

/** What each choice means for visitors. */
const HINTS: Readonly<Record<AccessMode | '', string>> = {
  '': 'What .github/preview.yml of the default branch says counts. Where it says nothing, previews are public.',
  public: 'Everybody who knows the address of a preview can open it. Links need not be shared.',
  password:
    'Visitors enter the password of the project, or come with a shared link. Who came in signed in is asked again.',
  github:
    'Visitors sign in and need read access to the repository, or come with a shared link. Who came in with the password is asked again.',
};

async function modelOf(
  ports: Ports,
  input: Asking,
  id: string,
): Promise<Omit<AccessModel, 'head' | 'passwordProblem'>> {
  const project = found(await ports.projects.get(id), 'project');
  const repo = found(await ports.repos.get(project.repoId), 'repository');
  const [view, { file }] = await Promise.all([
    perform(accessHandlers.getProjectAccess, { ports, input, params: { id } }),
    policyFile(ports, repo),
  ]);
  const { values, problems } = effectiveSettings({ project, file, defaultBranch: repo.defaultBranch });
  const chosen = String(project.settings['access'] ?? '');
  const origin = values['access']?.origin ?? 'default';
  const choice = (value: AccessMode | '', label: string) => ({
    ...choiceOf(value, label, chosen),
    hint: HINTS[value],
  });
  return {
    label: ACCESS_LABELS[view.access],
    icon: view.access === 'public' ? 'globe' : 'lock',
    hint: HINTS[view.access],
    origin: ORIGINS[origin],
    choices: [
      choice('', 'As the file says'),
      ...ACCESS_MODES.map((mode) => choice(mode, ACCESS_LABELS[mode])),
    ],
    notes: notesOn({
      mode: view.access,
      isOverruled: origin === 'file',
      isFileBroken: problems.length > 0,
      hasPassword: view.password !== null,
      canSignIn: ports.providers.length > 0,
    }),
    password: view.password,
    isPasswordAsked: view.access === 'password',
  };
}

interface Noted {
  readonly mode: AccessMode;
  readonly isOverruled: boolean;
  readonly isFileBroken: boolean;
  readonly hasPassword: boolean;
  readonly canSignIn: boolean;
}

function notesOn({ mode, isOverruled, isFileBroken, hasPassword, canSignIn }: Noted): readonly string[] {
  const notes: readonly (readonly [holds: boolean, note: string])[] = [
    [
      mode === 'password' && !hasPassword,
      'No password is set, so only shared links open the previews. Set one below.',
    ],
    [
      mode === 'github' && !canSignIn,
      'This server has no way to sign in, so only shared links open the previews.',
    ],
    [
      isOverruled,
      'The file comes first: what is chosen here counts when .github/preview.yml says nothing about access.',
    ],
    [
      isFileBroken,
      '.github/preview.yml of the default branch has mistakes, which the tab Settings shows. While it cannot be read, each preview keeps the access that it had.',
    ],
  ];
  return notes.filter(([holds]) => holds).map(([, note]) => note);
}
