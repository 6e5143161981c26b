import { Schema, type Connection, type Model } from 'mongoose';
import type { TokenScope } from '../../../src/people/api-token.js';
import { strictSchema } from '../shared/schema.js';

export interface ApiTokenDocument {
  /** The hash; the token itself is shown once and kept nowhere. */
  readonly _id: string;
  readonly scope: TokenScope;
  readonly expiresAt: Date | null;
  readonly createdAt: Date;
}

export const API_TOKENS = 'apiTokens';

const apiTokenSchema = strictSchema<ApiTokenDocument>({
  _id: String,
  scope: Schema.Types.Mixed,
  expiresAt: Date,
  createdAt: Date,
});

export function apiTokenModel(connection: Connection): Model<ApiTokenDocument> {
  return connection.model<ApiTokenDocument>(API_TOKENS, apiTokenSchema, API_TOKENS);
}
