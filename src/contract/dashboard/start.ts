/** The way from signing in to the first preview: each step has an address of its own. */
import { z } from 'zod';
import type { Operation, Operations } from '../operation.js';
import { addProject, ByRepository } from '../projects.js';
import { formOf, submits } from './form.js';
import { LIVE } from './previews.js';

export const START = '/start' as const;
const REPOSITORY = `${START}/:id` as const;

const From = () => z.string().max(80).default('');
const watched = {
  media: ['text/event-stream'],
  answers: { 200: () => z.object({ version: z.string() }) },
} as const;

const showStart = {
  method: 'GET',
  path: START,
  permission: 'repository.list',
  summary: 'The first steps: the App is installed, and a repository is chosen',
  query: () => z.object({ cursor: z.string().max(200).optional() }),
  answers: { 200: 'page' },
} as const satisfies Operation;

const watchStart = {
  method: 'GET',
  path: `${LIVE}/start`,
  permission: 'repository.list',
  summary: 'Says when the person sees other repositories',
  query: () => z.object({ from: From() }),
  ...watched,
} as const satisfies Operation;

const ofRepository = {
  method: 'GET',
  permission: 'repository.read',
  resource: { repositoryId: 'id' },
  params: ByRepository,
  errors: ['not_found'],
} as const satisfies Partial<Operation>;

const showStartSettings = {
  ...ofRepository,
  path: REPOSITORY,
  summary: 'The step that shows what was found in a repository, and proposes settings',
  answers: { 200: 'page' },
} as const satisfies Operation;

const showStartWorkflow = {
  ...ofRepository,
  path: `${REPOSITORY}/workflow`,
  summary: 'The step with the workflow file to commit',
  answers: { 200: 'page' },
} as const satisfies Operation;

const showFirstPreview = {
  ...ofRepository,
  path: `${REPOSITORY}/preview`,
  summary: 'The step that shows the first preview as it happens',
  answers: { 200: 'page' },
} as const satisfies Operation;

const watchStartRepository = {
  ...ofRepository,
  path: `${LIVE}/start/:id`,
  summary: 'Says when a step of a repository is done',
  query: () => z.object({ from: From() }),
  ...watched,
} as const satisfies Operation;

const typed = () => z.string().max(5_000).optional();

export const submitStartSettings = {
  ...submits(addProject, {
    path: REPOSITORY,
    body: () =>
      formOf({
        target: typed(),
        install: typed(),
        build: typed(),
        output: typed(),
        start: typed(),
        port: typed(),
        spa: z.literal('yes').optional(),
      }),
  }),
  answers: { 200: 'page', 303: 'redirect' },
} as const satisfies Operation;

export const startPages = {
  showStart,
  watchStart,
  showStartSettings,
  showStartWorkflow,
  showFirstPreview,
  watchStartRepository,
  submitStartSettings,
} as const satisfies Operations;
