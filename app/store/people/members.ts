import { type Connection, type Model, trusted } from 'mongoose';
import { type Member, type MemberStore, MOST_MEMBERSHIPS } from '../../../src/people/member.js';
import { ROLES } from '../../../src/people/policies.js';
import { VitrineError } from '../../../src/shared/errors.js';
import { cursorOf, limitOf, MAX_TIME_MS, oneOf, pageOf, text } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { newId, retryOnce } from '../shared/write.js';

/** Who has a role in which project. */
export function memberStore(connection: Connection): MemberStore {
  const model = memberModel(connection);
  return {
    async roleOf(projectId, userId) {
      const found = await model.findOne(pair({ projectId, userId })).lean<MemberDocument>();
      return found?.role ?? null;
    },
    async ofProject(projectId, page) {
      const after = cursorOf(page, /^[\w-]{1,100}$/);
      const limit = limitOf(page);
      const found = await model
        .find({
          projectId: text(projectId, 'the project'),
          ...(after && { userId: trusted({ $gt: after[0] }) }),
        })
        .sort({ userId: 1 })
        .limit(limit + 1)
        .hint('project_user')
        .lean<MemberDocument[]>();
      return pageOf(found.map(toMember), { limit, cursor: ({ userId }) => userId });
    },
    ofUser: (userId) => ofUser(model, userId),
    set: (member) => retryOnce(() => set(model, member)),
    async remove(projectId, userId) {
      return (await retryOnce(() => model.deleteOne(pair({ projectId, userId })))).deletedCount === 1;
    },
    async move(fromUserId, toUserId) {
      for (const { projectId, role } of await ofUser(model, fromUserId)) {
        const kept = await model.findOne(pair({ projectId, userId: toUserId })).lean<MemberDocument>();
        if (!kept) await set(model, { projectId, userId: toUserId, role });
        await model.deleteOne(pair({ projectId, userId: fromUserId }));
      }
    },
    async removeProject(projectId) {
      await retryOnce(() => model.deleteMany({ projectId: text(projectId, 'the project') }));
    },
  };
}

async function ofUser(model: Model<MemberDocument>, userId: string): Promise<Member[]> {
  const found = await model
    .find({ userId: text(userId, 'the person') })
    .sort({ projectId: 1 })
    .limit(MOST_MEMBERSHIPS)
    .hint('user_project')
    .lean<MemberDocument[]>();
  return found.map(toMember);
}

function pair({ projectId, userId }: Pick<Member, 'projectId' | 'userId'>) {
  return { projectId: text(projectId, 'the project'), userId: text(userId, 'the person') };
}

async function set(
  model: Model<MemberDocument>,
  member: Pick<Member, 'projectId' | 'userId' | 'role'>,
): Promise<Member> {
  const now = new Date();
  const stored = await model.collection.findOneAndUpdate(
    pair(member),
    {
      $set: { role: oneOf(member.role, ROLES), updatedAt: now },
      $setOnInsert: { _id: newId() as never, createdAt: now },
    },
    { upsert: true, returnDocument: 'after', maxTimeMS: MAX_TIME_MS },
  );
  if (stored) return toMember(stored as unknown as MemberDocument);
  throw new VitrineError('unavailable', 'The member could not be stored: try again.');
}

function toMember({ _id, ...member }: MemberDocument): Member {
  return member;
}

interface MemberDocument extends Member {
  readonly _id: string;
}

const MEMBERS = 'members';

const memberSchema = strictSchema<MemberDocument>({
  _id: String,
  projectId: String,
  userId: String,
  role: String,
  createdAt: Date,
  updatedAt: Date,
});

function memberModel(connection: Connection): Model<MemberDocument> {
  return connection.model<MemberDocument>(MEMBERS, memberSchema, MEMBERS);
}
