import type { Connection } from 'mongoose';
import type { AuditLog } from '../../../src/people/audit-log.js';
import { newId } from '../shared/new-id.js';
import { text } from '../shared/query.js';
import { retryOnce } from '../shared/retry-once.js';
import { insertedOrThere } from '../shared/write.js';
import { auditModel } from './audit-log-of-models.js';

/** Who did what. Entries are only ever added. */
export function auditLog(connection: Connection): AuditLog {
  const { collection } = auditModel(connection);
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
  };
}
