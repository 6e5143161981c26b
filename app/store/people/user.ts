import type { Connection, Model } from 'mongoose';
import type { User } from '../../../src/people/user.js';
import { strictSchema } from '../shared/schema.js';

export interface UserDocument extends Omit<User, 'githubId'> {
  /** GitHub's id: logins are renamed and given to others. */
  readonly _id: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const USERS = 'users';

const userSchema = strictSchema<UserDocument>({
  _id: Number,
  login: String,
  email: String,
  avatarUrl: String,
  active: Boolean,
  createdAt: Date,
  updatedAt: Date,
});

export function userModel(connection: Connection): Model<UserDocument> {
  return connection.model<UserDocument>(USERS, userSchema, USERS);
}
