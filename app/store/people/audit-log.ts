import type { Connection, Model } from 'mongoose';
import type { AuditEntry, AuditLog } from '../../../src/people/audit-log.js';
import { limitOf, text } from '../shared/query.js';
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
  };
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
