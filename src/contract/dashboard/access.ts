/** Who may open previews: a tab of a project, and the links that people share on the page of a preview. */
import { z } from 'zod';
import { ACCESS_MODES } from '../../shared/preview-access.js';
import { access } from '../access.js';
import type { Operation, Operations } from '../operation.js';
import { changeProject } from '../projects.js';
import { formOf, submits } from './form.js';
import { PREVIEWS } from './previews.js';
import { PROJECTS } from './projects.js';

const PROJECT_ACCESS = `${PROJECTS}/:id/access` as const;
const typed = (most = 200) => z.string().max(most);
const plain = () => formOf({});

const showProjectAccess = {
  ...access.getProjectAccess,
  path: PROJECT_ACCESS,
  summary: 'The page that says who may open the previews of a project',
  answers: { 200: 'page' },
} as const satisfies Operation;

export const submitAccess = submits(changeProject, {
  path: `${PROJECT_ACCESS}/mode`,
  /** Empty: the project says nothing, and the file or the default counts. */
  body: () => formOf({ access: z.enum(['', ...ACCESS_MODES]) }),
});

/** A password that cannot be used is told beside its field: the page shows itself again, so the form has its address. */
export const submitPreviewPassword = {
  ...submits(access.setPreviewPassword, {
    path: PROJECT_ACCESS,
    body: () => formOf({ password: typed(4_000) }),
  }),
  maxBytes: access.setPreviewPassword.maxBytes,
  answers: { 200: 'page', 303: 'redirect' },
} as const satisfies Operation;
export const submitPreviewPasswordRemoval = submits(access.removePreviewPassword, {
  path: `${PROJECT_ACCESS}/password/remove`,
  body: plain,
});

/** The page of the preview shows itself again, with the new link this once, so the form has its address. */
export const submitShareLink = {
  ...submits(access.createShareLink, {
    path: `${PREVIEWS}/:id`,
    body: () => formOf({ note: typed(1_000), duration: typed(10) }),
  }),
  answers: { 200: 'page' },
} as const satisfies Operation;
export const submitLinkRevocation = submits(access.revokeShareLink, {
  path: `${PREVIEWS}/:id/share-links/:linkId/revoke`,
  body: plain,
});

export const accessPages = {
  showProjectAccess,
  submitAccess,
  submitPreviewPassword,
  submitPreviewPasswordRemoval,
  submitShareLink,
  submitLinkRevocation,
} as const satisfies Operations;
