import type { Connection } from 'mongoose';
import type { User } from '../../src/domain/project.js';
import { VitrineError } from '../../src/domain/errors.js';
import type { UserStore } from '../../src/ports.js';
import { isDuplicateKey } from './duplicate-key.js';
import { userModel, type UserDocument } from './models/user.js';
import { text, whole } from './primitive.js';
import { retryOnce } from './retry-once.js';

/** People as GitHub tells of them. What it leaves out, such as most e-mail addresses, is not forgotten. */
export function userStore(connection: Connection): UserStore {
  const model = userModel(connection);
  const save = async ({ githubId, login, email, avatarUrl }: Omit<User, 'active'>): Promise<User> => {
    const now = new Date();
    const known = { ...(email !== null && { email }), ...(avatarUrl !== null && { avatarUrl }) };
    const unknown = { ...(email === null && { email }), ...(avatarUrl === null && { avatarUrl }) };
    const stored = await model
      .findOneAndUpdate(
        { _id: whole(githubId, 'the id') },
        {
          $set: { login: text(login, 'the login'), ...known, updatedAt: now },
          $setOnInsert: { ...unknown, active: true, createdAt: now },
        },
        { upsert: true, returnDocument: 'after' },
      )
      .lean<UserDocument>();
    if (!stored) throw new VitrineError('unavailable', `User ${githubId} could not be stored: try again.`);
    return toUser(stored);
  };
  return {
    saveFromGitHub: (user) =>
      retryOnce(() =>
        save(user).catch((error: unknown) => {
          // Two first sightings at once: the second is an update.
          if (isDuplicateKey(error)) return save(user);
          throw error;
        }),
      ),
    async byGitHubId(githubId) {
      const found = await model.findOne({ _id: whole(githubId, 'the id') }).lean<UserDocument>();
      return found && toUser(found);
    },
  };
}

function toUser({ _id, login, email, avatarUrl, active }: UserDocument): User {
  return { githubId: _id, login, email, avatarUrl, active };
}
