import type { previewPages } from '../../../src/contract/dashboard/previews.js';
import { approveEnvironment, extendEnvironment } from '../../../src/contract/environments.js';
import { showTime } from '../../../src/shared/time.js';
import { environmentHandlers } from '../../api/environments.js';
import type { Handlers } from '../../api/handler.js';
import { parseInput } from '../../api/input.js';
import { perform } from './call.js';
import { formHandler } from './forms.js';

type Forms = Pick<
  Handlers<typeof previewPages>,
  | 'submitRedeploy'
  | 'submitCancellation'
  | 'submitWake'
  | 'submitApproval'
  | 'submitExtension'
  | 'submitPin'
  | 'submitUnpin'
  | 'submitDestruction'
>;

/** What the buttons of a preview do: the operations of the API, told in a sentence. */
export const previewForms: Forms = {
  submitRedeploy: formHandler(async (ports, input) => {
    const { run } = await perform(environmentHandlers.redeployEnvironment, {
      ...{ ports, input, params: input.params },
    });
    const message =
      'GitHub runs the workflow of the newest commit again. The preview is updated when it is done.';
    return { message, link: { label: 'See the run', url: run.url } };
  }),

  submitCancellation: formHandler(async (ports, input) => {
    const { run } = await perform(environmentHandlers.cancelEnvironment, {
      ...{ ports, input, params: input.params },
    });
    const message = 'The build is cancelled, and GitHub stops its workflow run. What was live stays.';
    return { message, link: { label: 'See the run', url: run.url } };
  }),

  submitWake: formHandler(async (ports, input) => {
    await perform(environmentHandlers.wakeEnvironment, { ports, input, params: input.params });
    return { message: 'The program runs again: visitors can come.' };
  }),

  submitApproval: formHandler(async (ports, input) => {
    const body = parseInput(approveEnvironment.body(), { sha: input.body.sha });
    await perform(environmentHandlers.approveEnvironment, { ports, input, params: input.params, body });
    const commit = body.sha.slice(0, 7);
    return {
      message: `Commit ${commit} is approved. Its workflow may deploy it; the next push needs a new approval.`,
    };
  }),

  submitExtension: formHandler(async (ports, input) => {
    const body = parseInput(extendEnvironment.body(), { duration: input.body.duration });
    const { expiresAt } = await perform(environmentHandlers.extendEnvironment, {
      ...{ ports, input, params: input.params, body },
    });
    const end = expiresAt === null ? 'for ever' : `until ${showTime(new Date(expiresAt))} UTC`;
    return { message: `The preview lives ${end}.` };
  }),

  submitPin: formHandler(async (ports, input) => {
    await perform(environmentHandlers.pinEnvironment, { ports, input, params: input.params });
    return {
      message: 'The preview is pinned: it is kept until somebody unpins it, or its pull request ends.',
    };
  }),

  submitUnpin: formHandler(async (ports, input) => {
    const { expiresAt } = await perform(environmentHandlers.unpinEnvironment, {
      ...{ ports, input, params: input.params },
    });
    const end = expiresAt === null ? '' : ` It expires ${showTime(new Date(expiresAt))} UTC.`;
    return { message: `The preview is not pinned any more.${end}` };
  }),

  submitDestruction: formHandler(async (ports, input) => {
    const { force } = input.body;
    await perform(environmentHandlers.destroyEnvironment, {
      ...{ ports, input, params: input.params, query: force === undefined ? {} : { force } },
    });
    return {
      message: 'The preview is being removed. A push, or reopening the pull request, brings it back.',
    };
  }),
};
