/** What every page of the dashboard loads. */
import { z } from 'zod';
import type { Operation, Operations } from '../operation.js';
import { formOf } from './form.js';

export const ASSETS = '/assets';

const showAsset = {
  method: 'GET',
  path: `${ASSETS}/:version/:file`,
  permission: 'server.read',
  summary: 'Style sheet, script or picture of the pages',
  unlimited: true,
  params: () =>
    z.strictObject({
      version: z.string().regex(/^[\w-]{1,40}$/),
      file: z.string().regex(/^[\w.-]{1,80}$/),
    }),
  answers: { 200: 'text' },
  errors: ['not_found'],
} as const satisfies Operation;

export const AVATARS = '/avatars';

const showAvatar = {
  method: 'GET',
  path: `${AVATARS}/:login`,
  permission: 'user.picture',
  summary:
    "The picture that GitHub has of a person, from this server's own host; letters where there is none",
  unlimited: true,
  params: () => z.strictObject({ login: z.string().min(1).max(100) }),
  answers: { 200: 'image' },
} as const satisfies Operation;

/** People choose their names freely: the name of another person does not bring that person's picture. */
const showLetters = {
  method: 'GET',
  path: `${AVATARS}/letters/:name`,
  permission: 'user.picture',
  summary: 'The picture of a person without an account at GitHub: letters on a colour',
  unlimited: true,
  params: () => z.strictObject({ name: z.string().min(1).max(100) }),
  answers: { 200: 'image' },
} as const satisfies Operation;

/** Also for who has no script: the button of the top bar sends it. */
export const changeTheme = {
  method: 'POST',
  path: '/account/theme',
  permission: 'account.change',
  summary: 'Form of a page: light, dark, or as the system has it',
  body: () => formOf({ theme: z.enum(['system', 'light', 'dark']) }),
  form: true,
  answers: { 303: 'redirect' },
} as const satisfies Operation;

export const shell = {
  showAsset,
  showAvatar,
  showLetters,
  changeTheme,
} as const satisfies Operations;
