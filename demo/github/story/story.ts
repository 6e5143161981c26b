/** What people and GitHub do: every verb changes the state and makes GitHub tell the App. */
import type { CheckConclusion } from '../../../src/shared/status/github.js';
import type { RepositoryOptions } from '../options.js';
import type { RepositoryState } from '../state.js';
import type { Delivery } from '../webhooks/delivery.js';
import type { World } from '../world.js';
import { requestAction, rerequestCheckRun, type ThatCheckRun } from './check-runs.js';
import { changeInstallation, type InstallationChange } from './installations.js';
import * as changes from './pull-request-changes.js';
import { openPullRequest, type OpenPullRequest, type PullRequestEvent } from './pull-requests.js';
import { changeCollaborator, createRepository, deleteRepository, renameRepository } from './repositories.js';
import type { RunContext } from './run-context.js';
import { finishRun, startRun, type StartRun } from './workflow-runs.js';

type That = changes.ThatPullRequest;

export interface Story {
  createRepository(options: RepositoryOptions): Promise<RepositoryState>;
  renameRepository(fullName: string, name: string): Promise<Delivery>;
  deleteRepository(fullName: string): Promise<Delivery>;
  changeCollaborator(change: { repository: string; login: string; role: string | null }): Delivery;
  openPullRequest(options: OpenPullRequest): Promise<PullRequestEvent>;
  push(options: changes.Push): Promise<changes.PushEvent>;
  closePullRequest(that: That & { merged?: boolean }): PullRequestEvent;
  reopenPullRequest(that: That): PullRequestEvent;
  convertToDraft(that: That): PullRequestEvent;
  markReadyForReview(that: That): PullRequestEvent;
  labelPullRequest(that: That & { label: string }): PullRequestEvent;
  unlabelPullRequest(that: That & { label: string }): PullRequestEvent;
  editPullRequest(that: That & { title?: string; body?: string }): PullRequestEvent;
  startRun(options: StartRun): Promise<RunContext>;
  finishRun(run: RunContext, conclusion: CheckConclusion): Delivery;
  rerequestCheckRun(that: ThatCheckRun): Delivery;
  requestAction(that: ThatCheckRun & { identifier: string }): Delivery;
  changeInstallation(change: InstallationChange): Delivery;
}

export function storyOf(world: World): Story {
  return {
    createRepository: (options) => createRepository(world, options),
    renameRepository: (fullName, name) => renameRepository(world, fullName, name),
    deleteRepository: (fullName) => deleteRepository(world, fullName),
    changeCollaborator: (change) => changeCollaborator(world, change),
    openPullRequest: (options) => openPullRequest(world, options),
    push: (options) => changes.push(world, options),
    closePullRequest: (that) => changes.closePullRequest(world, that),
    reopenPullRequest: (that) => changes.reopenPullRequest(world, that),
    convertToDraft: (that) => changes.convertToDraft(world, that),
    markReadyForReview: (that) => changes.markReadyForReview(world, that),
    labelPullRequest: (that) => changes.labelPullRequest(world, that),
    unlabelPullRequest: (that) => changes.unlabelPullRequest(world, that),
    editPullRequest: (that) => changes.editPullRequest(world, that),
    startRun: (options) => startRun(world, options),
    finishRun: (run, conclusion) => finishRun(world, run, conclusion),
    rerequestCheckRun: (that) => rerequestCheckRun(world, that),
    requestAction: (that) => requestAction(world, that),
    changeInstallation: (change) => changeInstallation(world, change),
  };
}
