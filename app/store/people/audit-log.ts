import { type Connection, type Model, trusted } from 'mongoose';
import type { AuditEntry, AuditFilter, AuditLog } from '../../../src/people/audit-log.js';
import { cursorOf, limitOf, MAX_TIME_MS, onlyKeys, pageOf, text } from '../shared/query.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { strictSchema } from '../shared/schema.js';
import { insertedOrThere, newId, retryOnce } from '../shared/write.js';

/** Who did what. Entries are only ever added. */
export function auditLog(connection: Connection): AuditLog {
  const model = auditModel(connection);
  const { collection } = model;
  return {
    async record({ actor, action, subject, detail }) {
      const entry = {
        _id: newId() as never,
        actor: text(actor, 'the actor'),
        action: text(action, 'the action'),
        subject: text(subject, 'the subject'),
        detail: text(detail, 'the detail'),
        at: new Date(),
      };
      await retryOnce(() => insertedOrThere(collection.insertOne(entry)));
    },
    of: (subject, limit) =>
      model
        .find({ subject: text(subject, 'the subject') }, { _id: 0 })
        .sort({ _id: -1 })
        .limit(limitOf({ limit }))
        .hint('subject_id')
        .lean<AuditEntry[]>()
        .exec(),
    async list(filter, page) {
      onlyKeys(filter, FIELDS);
      const limit = limitOf(page);
      const after = cursorOf(page, /^[0-9a-f]{24}$/);
      const { where, index } = questionOf(filter);
      const found = await model
        .find({ ...where, ...(after && { _id: trusted({ $lt: after[0] }) }) })
        .sort({ _id: -1 })
        .limit(limit + 1)
        .hint(index)
        .maxTimeMS(MAX_TIME_MS)
        .lean<AuditDocument[]>();
      const items = found.map(({ _id: id, ...entry }) => ({ id, ...entry }));
      return pageOf(items, { limit, cursor: ({ id }) => id });
    },
  };
}

const FIELDS = ['actor', 'action', 'subject'] as const;

function questionOf(filter: AuditFilter): { readonly where: object; readonly index: string } {
  const given = FIELDS.flatMap((field) => (filter[field] === undefined ? [] : [field]));
  const [field] = given;
  if (given.length > 1)
    throw new VitrineError('bad_request', 'These filters cannot be combined: no index serves them together.');
  if (field === undefined) return { where: {}, index: '_id_' };
  return { where: { [field]: text(filter[field], `the ${field}`) }, index: `${field}_id` };
}

interface AuditDocument extends AuditEntry {
  readonly _id: string;
}

export const AUDIT_LOG = 'auditLog';

const auditSchema = strictSchema<AuditDocument>({
  _id: String,
  actor: String,
  action: String,
  subject: String,
  detail: String,
  at: Date,
});

function auditModel(connection: Connection): Model<AuditDocument> {
  return connection.model<AuditDocument>(AUDIT_LOG, auditSchema, AUDIT_LOG);
}
