import type { Connection, Model } from 'mongoose';
import { strictSchema } from '../shared/schema.js';

/** A single-use id that was used, such as the `jti` of an OIDC token. */
export interface TokenUseDocument {
  readonly _id: string;
  readonly expiresAt: Date;
}

export const TOKEN_USES = 'tokenUses';

const tokenUseSchema = strictSchema<TokenUseDocument>({ _id: String, expiresAt: Date });

export function tokenUseModel(connection: Connection): Model<TokenUseDocument> {
  return connection.model<TokenUseDocument>(TOKEN_USES, tokenUseSchema, TOKEN_USES);
}
