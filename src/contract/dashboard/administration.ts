/** The pages of those who run the server. */
import { z } from 'zod';
import { changeUser, getInstance, listAudit, listUsers } from '../administration.js';
import { configuration } from '../configuration.js';
import type { Operation, Operations } from '../operation.js';
import { listLeaks } from '../targets.js';
import { formOf, submits } from './form.js';
import { From, LIVE, watched } from './previews.js';

export const ADMIN = '/admin' as const;

const page = { method: 'GET', answers: { 200: 'page' } } as const;
const cursor = z.string().max(200).optional();

const showInstance = {
  ...page,
  path: ADMIN,
  permission: getInstance.permission,
  summary: 'A page with the health of the server',
} as const satisfies Operation;

const watchInstance = {
  method: 'GET',
  path: `${LIVE}${ADMIN}`,
  permission: getInstance.permission,
  summary: 'Says when the health of the server is another one',
  query: () => z.object({ from: From() }),
  ...watched,
} as const satisfies Operation;

const showUsers = {
  ...page,
  path: `${ADMIN}/users`,
  permission: listUsers.permission,
  summary: 'A page with the people whom the server knows',
  query: () => z.object({ q: z.string().max(200).optional(), active: z.string().max(5).optional(), cursor }),
} as const satisfies Operation;

const showLimits = {
  ...page,
  path: `${ADMIN}/limits`,
  permission: getInstance.permission,
  summary: 'A page with what the operator allows and what is used',
} as const satisfies Operation;

const showLeaks = {
  ...page,
  path: `${ADMIN}/leaks`,
  permission: listLeaks.permission,
  summary: 'A page with what targets hold and no preview needs',
} as const satisfies Operation;

const showMigrations = {
  ...page,
  path: `${ADMIN}/migrations`,
  permission: getInstance.permission,
  summary: 'A page with the migrations of the database',
} as const satisfies Operation;

const showKeys = {
  ...page,
  path: `${ADMIN}/keys`,
  permission: configuration.listEncryptionKeys.permission,
  summary: 'A page with the encryption keys, by id',
} as const satisfies Operation;

const showAudit = {
  ...page,
  path: `${ADMIN}/audit`,
  permission: listAudit.permission,
  summary: 'A page with the audit log',
  query: () =>
    z.object({
      actor: z.string().max(200).optional(),
      action: z.string().max(100).optional(),
      subject: z.string().max(200).optional(),
      cursor,
    }),
} as const satisfies Operation;

export const submitUserState = submits(changeUser, {
  path: `${ADMIN}/users/:id/state`,
  body: () => formOf({ active: z.enum(['true', 'false']) }),
});

export const administrationPages = {
  showInstance,
  watchInstance,
  showUsers,
  showLimits,
  showLeaks,
  showMigrations,
  showKeys,
  showAudit,
  submitUserState,
} as const satisfies Operations;
