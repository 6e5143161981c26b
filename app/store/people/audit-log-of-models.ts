import type { Connection, Model } from 'mongoose';
import type { AuditEntry } from '../../../src/people/audit-log.js';
import { strictSchema } from '../shared/schema.js';

export interface AuditDocument extends AuditEntry {
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

export function auditModel(connection: Connection): Model<AuditDocument> {
  return connection.model<AuditDocument>(AUDIT_LOG, auditSchema, AUDIT_LOG);
}
