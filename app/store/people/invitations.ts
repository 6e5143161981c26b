import { type Connection, type Model, trusted } from 'mongoose';
import type { Invitation, InvitationStore } from '../../../src/people/invitation.js';
import { ROLES } from '../../../src/people/policies.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { cursorOf, limitOf, MAX_TIME_MS, oneOf, pageOf, text } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { retryOnce } from '../shared/write.js';

/** Roles in projects for people who have no account yet. */
export function invitationStore(connection: Connection): InvitationStore {
  const model = invitationModel(connection);
  const ofAddress = (email: string, now: Date) => ({
    email: text(email, 'the address'),
    expiresAt: trusted({ $gt: now }),
  });
  return {
    save: (invitation) => retryOnce(() => save(model, invitation)),
    async isInvited(email, now) {
      return (await model.exists(ofAddress(email, now)).hint('email_project')) !== null;
    },
    async ofProject(projectId, page) {
      const limit = limitOf(page);
      const after = cursorOf(page, /^[0-9a-f]{24}$/);
      const found = await model
        .find({
          projectId: text(projectId, 'the project'),
          ...(after && { _id: trusted({ $lt: after[0] }) }),
        })
        .sort({ _id: -1 })
        .limit(limit + 1)
        .hint('project_id')
        .lean<InvitationDocument[]>();
      return pageOf(found.map(toInvitation), { limit, cursor: ({ id }) => id });
    },
    async take(email, now) {
      const found = await model
        .find(ofAddress(email, now))
        .hint('email_project')
        .lean<InvitationDocument[]>();
      await model.deleteMany({ email: text(email, 'the address') }).hint('email_project');
      return found.map(toInvitation);
    },
    async delete(projectId, id) {
      const filter = { _id: text(id, 'the id'), projectId: text(projectId, 'the project') };
      return (await model.deleteOne(filter)).deletedCount === 1;
    },
    async deleteOfProject(projectId) {
      await model.deleteMany({ projectId: text(projectId, 'the project') }).hint('project_id');
    },
    async deleteExpired(before) {
      const ended = { expiresAt: { $lt: before } };
      return (await model.collection.deleteMany(ended, { hint: 'expiry', maxTimeMS: MAX_TIME_MS }))
        .deletedCount;
    },
  };
}

async function save(model: Model<InvitationDocument>, invitation: Invitation): Promise<Invitation> {
  const { id, email, projectId, role, by, createdAt, expiresAt } = invitation;
  const stored = await model
    .findOneAndUpdate(
      { email: text(email, 'the address'), projectId: text(projectId, 'the project') },
      {
        $set: { role: oneOf(role, ROLES), by: text(by, 'the inviter'), createdAt, expiresAt },
        $setOnInsert: { _id: id },
      },
      { upsert: true, returnDocument: 'after' },
    )
    .lean<InvitationDocument>();
  if (stored) return toInvitation(stored);
  throw new VitrineError('unavailable', 'The invitation could not be stored: try again.');
}

function toInvitation({ _id, ...rest }: InvitationDocument): Invitation {
  return { id: _id, ...rest };
}

interface InvitationDocument extends Omit<Invitation, 'id'> {
  readonly _id: string;
}

export const INVITATIONS = 'invitations';

const invitationSchema = strictSchema<InvitationDocument>({
  _id: String,
  email: String,
  projectId: String,
  role: String,
  by: String,
  createdAt: Date,
  expiresAt: Date,
});

function invitationModel(connection: Connection): Model<InvitationDocument> {
  return connection.model<InvitationDocument>(INVITATIONS, invitationSchema, INVITATIONS);
}
