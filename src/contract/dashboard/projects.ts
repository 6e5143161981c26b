/** The pages of projects, each tab with an address of its own, and the forms on them. */
import { z } from 'zod';
import { configuration } from '../configuration.js';
import {
  changeChannel,
  createChannel,
  deleteChannel,
  listChannels,
  renewChannelSecret,
  testChannel,
} from '../notifications.js';
import type { Operation, Operations } from '../operation.js';
import { invite, withdrawInvitation } from '../people/invitations.js';
import { removeMember, setMember } from '../people/members.js';
import { changeProject, deleteProject } from '../projects.js';
import { ById } from '../shapes.js';
import { formOf, submits } from './form.js';

export const PROJECTS = '/projects' as const;
const PROJECT = `${PROJECTS}/:id` as const;

const showProjects = {
  method: 'GET',
  path: PROJECTS,
  permission: 'project.list',
  summary: 'A page with the projects that the person sees',
  query: () => z.object({ cursor: z.string().max(200).optional() }),
  answers: { 200: 'page' },
} as const satisfies Operation;

const readable = {
  method: 'GET',
  permission: 'project.read',
  resource: { projectId: 'id' },
  params: ById,
  answers: { 200: 'page' },
  errors: ['not_found'],
} as const satisfies Partial<Operation>;

const showProject = {
  ...readable,
  path: PROJECT,
  summary: 'The page of a project: its previews and how its deployments do',
} as const satisfies Operation;

const showProjectSettings = {
  ...readable,
  path: `${PROJECT}/settings`,
  summary: 'The page of the settings of a project, each with its origin',
} as const satisfies Operation;

const showProjectVariables = {
  ...readable,
  path: `${PROJECT}/variables`,
  permission: 'configuration.read',
  summary: 'The page of the variables and secrets of a project',
} as const satisfies Operation;

const showProjectMembers = {
  ...readable,
  path: `${PROJECT}/members`,
  summary: 'The page of the members of a project',
} as const satisfies Operation;

const showProjectNotifications = {
  ...readable,
  path: `${PROJECT}/notifications`,
  permission: listChannels.permission,
  summary: 'The page of the channels of a project and what was sent to them',
} as const satisfies Operation;

const showProjectLimits = {
  ...readable,
  path: `${PROJECT}/limits`,
  summary: 'The page of the limits of a project and what it uses of them',
} as const satisfies Operation;

const showProjectDanger = {
  ...readable,
  path: `${PROJECT}/danger`,
  permission: deleteProject.permission,
  summary: 'The page on which a project is switched off or deleted',
} as const satisfies Operation;

/** What a person types wrong is shown with the form again, so forms take any text. */
const typed = (most = 200) => z.string().max(most);
const ticked = () => z.literal('yes').optional();
const plain = () => formOf({});

/** Either leads back to the page, or shows it again: with what was typed, or with what is shown this once. */
const ORPAGE = { 200: 'page', 303: 'redirect' } as const;

export const submitProjectSettings = {
  ...submits(changeProject, {
    path: `${PROJECT}/settings`,
    body: () =>
      // The fields of the settings, by their names.
      formOf({
        name: typed(500),
        version: typed(20),
        /** `preview` shows what would come of it and saves nothing. */
        intent: z.enum(['save', 'preview']),
      }).catchall(z.string().max(20_000)),
  }),
  maxBytes: 256 * 1024,
  answers: ORPAGE,
} as const satisfies Operation;

const kind = () => z.enum(['variable', 'secret']);
const place = () => ({
  layer: typed(40),
  target: typed(60).optional(),
  class: typed(40).optional(),
  pull_request: typed(20).optional(),
});

export const submitVariables = {
  ...submits(configuration.setVariables, {
    path: `${PROJECT}/variables`,
    body: () =>
      formOf({
        kind: kind(),
        ...place(),
        name: typed(300).optional(),
        value: z.string().optional(),
        lines: z.string().optional(),
      }),
  }),
  answers: ORPAGE,
} as const satisfies Operation;
export const submitVariableDeletion = submits(configuration.setVariables, {
  path: `${PROJECT}/variables/delete`,
  body: () => formOf({ kind: kind(), ...place(), name: typed(300) }),
});

export const submitMember = submits(setMember, {
  path: `${PROJECT}/members/:userId`,
  body: () => formOf({ role: typed(20) }),
});
export const submitMemberRemoval = submits(removeMember, {
  path: `${PROJECT}/members/:userId/remove`,
  body: plain,
});
export const submitNewMember = submits(invite, {
  path: `${PROJECT}/members`,
  body: () => formOf({ who: typed(300), role: typed(20) }),
});
export const submitWithdrawal = submits(withdrawInvitation, {
  path: `${PROJECT}/invitations/:invitationId/withdraw`,
  body: plain,
});

/** A box that is not ticked is not sent. */
const channelEvents = () => ({
  'deployment.succeeded': ticked(),
  'deployment.failed': ticked(),
  'environment.destroyed': ticked(),
  'environment.unhealthy': ticked(),
  'approval.needed': ticked(),
});

export const submitNewChannel = {
  ...submits(createChannel, {
    path: `${PROJECT}/channels`,
    body: () => formOf({ kind: typed(20), name: typed(300), url: typed(2_000), ...channelEvents() }),
  }),
  answers: ORPAGE,
} as const satisfies Operation;
export const submitChannel = submits(changeChannel, {
  path: `${PROJECT}/channels/:channelId`,
  body: () => formOf({ name: typed(300), url: typed(2_000), active: ticked(), ...channelEvents() }),
});
export const submitChannelSecret = {
  ...submits(renewChannelSecret, { path: `${PROJECT}/channels/:channelId/secret`, body: plain }),
  answers: ORPAGE,
} as const satisfies Operation;
export const submitChannelTest = submits(testChannel, {
  path: `${PROJECT}/channels/:channelId/test`,
  body: plain,
});
export const submitChannelDeletion = submits(deleteChannel, {
  path: `${PROJECT}/channels/:channelId/delete`,
  body: plain,
});

export const submitActivity = submits(changeProject, {
  path: `${PROJECT}/activity`,
  body: () => formOf({ active: z.enum(['true', 'false']) }),
});
export const submitProjectDeletion = submits(deleteProject, {
  path: `${PROJECT}/delete`,
  body: () => formOf({ confirm: typed() }),
});

export const projectPages = {
  showProjects,
  showProject,
  showProjectSettings,
  showProjectVariables,
  showProjectMembers,
  showProjectNotifications,
  showProjectLimits,
  showProjectDanger,
  submitProjectSettings,
  submitVariables,
  submitVariableDeletion,
  submitMember,
  submitMemberRemoval,
  submitNewMember,
  submitWithdrawal,
  submitNewChannel,
  submitChannel,
  submitChannelSecret,
  submitChannelTest,
  submitChannelDeletion,
  submitActivity,
  submitProjectDeletion,
} as const satisfies Operations;
