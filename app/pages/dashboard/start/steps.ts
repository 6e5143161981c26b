import { START } from '../../../../src/contract/dashboard/start.js';

/** What the pages name outside this server. */
export interface DashboardSite {
  /** The address of GitHub's website. */
  readonly website: string;
  /** The Action as workflows name it. */
  readonly action: string;
}

export type StepName = 'sign-in' | 'install' | 'repository' | 'settings' | 'workflow' | 'preview';

export interface StepModel {
  readonly label: string;
  /** Empty where a repository must be chosen first. */
  readonly href: string;
  readonly isDone: boolean;
  readonly isHere: boolean;
}

export interface Progress {
  readonly here: StepName;
  readonly installed: boolean;
  /** The repository that was chosen. */
  readonly repoId: number | null;
  readonly configured: boolean;
  readonly workflow: boolean;
  readonly live: boolean;
}

/** The whole way, with what is done: recognised from what the server knows, so nothing is lost when a page is loaded again. */
export function stepsOf({ here, installed, repoId, ...done }: Progress): readonly StepModel[] {
  const at = (path: string) => (repoId === null ? '' : `${START}/${String(repoId)}${path}`);
  const step = (name: StepName, label: string, more: Pick<StepModel, 'href' | 'isDone'>) => ({
    ...{ label, isHere: name === here },
    ...more,
  });
  return [
    step('sign-in', 'Sign in', { href: '', isDone: true }),
    step('install', 'Install the App', { href: START, isDone: installed }),
    step('repository', 'Pick a repository', { href: START, isDone: repoId !== null }),
    step('settings', 'Check the settings', { href: at(''), isDone: done.configured }),
    step('workflow', 'Commit the workflow', { href: at('/workflow'), isDone: done.workflow }),
    step('preview', 'First preview', { href: at('/preview'), isDone: done.live }),
  ];
}
