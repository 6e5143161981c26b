/** What administrators of the server see and do: people, the audit log, and the state of the server. */
import { z } from 'zod';
import { CHECK_STATE } from '../shared/status/words.js';
import { StorageView } from './history.js';
import { lazily, type Operation, type Operations, type ValueOf } from './operation.js';
import { API, ById, Id, listOf, page } from './shapes.js';

export const UserView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: Id(),
    name: z.string(),
    login: z.string().nullable(),
    email: z.string().nullable(),
    emailVerified: z.boolean(),
    /** The providers at which the person has an account. */
    accounts: z.array(z.string()),
    /** False for a person who was shut out. */
    active: z.boolean(),
    administrator: z.boolean(),
    /** Null for people who are known from webhooks only. */
    signedInAt: z.string().nullable(),
    createdAt: z.string(),
  }),
);
export type UserView = ValueOf<typeof UserView>;

export const listUsers = {
  method: 'GET',
  path: `${API}/users`,
  permission: 'user.list',
  summary: 'Lists the people whom the server knows, newest first',
  query: () =>
    z.strictObject({
      /** A part of the name, login or address, in any case. */
      q: z.string().trim().min(1).max(200).optional(),
      /** `false` for people who were shut out. */
      active: z.enum(['true', 'false']).optional(),
      ...page(),
    }),
  answers: { 200: () => listOf(UserView) },
} as const satisfies Operation;

export const changeUser = {
  method: 'PATCH',
  path: `${API}/users/:id`,
  permission: 'user.change',
  summary:
    'Shuts a person out, or lets them in again. Their sessions and API tokens end when they are shut out',
  params: ById,
  body: () => z.strictObject({ active: z.boolean() }),
  answers: { 200: UserView },
  errors: ['not_found', 'unprocessable'],
} as const satisfies Operation;

export const AuditEntryView = /* @__PURE__ */ lazily(() =>
  z.object({
    id: z.string(),
    at: z.string(),
    /** Who did it: a name, or the id of a person. */
    actor: z.string(),
    /** The name of the person whose id the actor is. */
    actorName: z.string().nullable(),
    action: z.string(),
    /** What it was done to: an id, or the namespace of an environment. */
    subject: z.string(),
    detail: z.string(),
  }),
);
export type AuditEntryView = ValueOf<typeof AuditEntryView>;

export const listAudit = {
  method: 'GET',
  path: `${API}/audit`,
  permission: 'audit.read',
  summary: 'Lists who did what, newest first. Give at most one of actor, action and subject',
  query: () =>
    z.strictObject({
      actor: z.string().min(1).max(200).optional(),
      action: z.string().min(1).max(100).optional(),
      subject: z.string().min(1).max(200).optional(),
      ...page(),
    }),
  answers: { 200: () => listOf(AuditEntryView) },
} as const satisfies Operation;

const Part = () =>
  z.object({ id: z.string(), title: z.string(), state: z.enum(CHECK_STATE), says: z.string() });

const Examination = () =>
  z.object({
    at: z.string(),
    checks: z.array(Part().extend({ group: z.string(), todo: z.string().nullable() })),
  });

const Job = () =>
  z.object({
    name: z.string(),
    everySeconds: z.number(),
    lastRunAt: z.string(),
    tookMs: z.number(),
    /** How long it has been due; 0 when it is in time. */
    lateSeconds: z.int(),
    error: z.string().nullable(),
  });

const Queue = () =>
  z.object({
    name: z.enum(['webhooks', 'parked-webhooks', 'reports', 'removals', 'places']),
    /** How many wait; null where only the time is known. It is not counted further than 100. */
    waiting: z.int().nullable(),
    /** Since when the first one has been due; null when none is, or where only the number is known. */
    since: z.string().nullable(),
  });

export const InstanceView = /* @__PURE__ */ lazily(() =>
  z.object({
    version: z.string(),
    node: z.string(),
    startedAt: z.string(),
    parts: z.array(Part()),
    /** What the doctor found, as far as a running server can look at itself; null until it has a first result. */
    examination: Examination().nullable(),
    jobs: z.array(Job()),
    queues: z.array(Queue()),
    limits: z.object({
      /** Ports of this machine for containers; null where none are published. */
      ports: z.object({ range: z.string(), count: z.int() }).nullable(),
      /** The most that one container may have. */
      memoryBytes: z.int(),
      cpus: z.number(),
      network: z.string(),
      logDays: z.int(),
      payloadDays: z.int(),
      recordDays: z.int(),
      administrators: z.int(),
    }),
    used: z.object({
      previews: z.int(),
      /** What runs for deployments, by its status. */
      containers: z.record(z.string(), z.int()),
      ports: z.int(),
      /** The files, each counted once, when they were last measured; null when they were not. */
      storage: StorageView().nullable(),
      disk: z.object({ freeBytes: z.int(), totalBytes: z.int() }).nullable(),
    }),
    migrations: z.array(
      z.object({
        version: z.int(),
        name: z.string(),
        appliedAt: z.string().nullable(),
        tookMs: z.int().nullable(),
      }),
    ),
  }),
);
export type InstanceView = ValueOf<typeof InstanceView>;

export const getInstance = {
  method: 'GET',
  path: `${API}/instance`,
  permission: 'instance.read',
  summary: 'The state of the server: its parts, jobs, queues, limits and migrations',
  answers: { 200: InstanceView },
} as const satisfies Operation;

export const administration = { listUsers, changeUser, listAudit, getInstance } as const satisfies Operations;
