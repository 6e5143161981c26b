import { type Connection, type Model, trusted } from 'mongoose';
import { keyIdOf } from '../../../src/secrets/envelope.js';
import type { SecretEntry } from '../../../src/secrets/store.js';
import {
  CLASSES,
  qualifierOf,
  type Scope,
  scopeKey,
  STORED_LAYERS,
  type StoredLayer,
} from '../../../src/variables/scope.js';
import type { Entry, EntryStore, Stored, VariableEntry } from '../../../src/variables/store.js';
import { cursorOf, limitOf, oneOf, pageOf, text, whole } from '../shared/query.js';
import { strictSchema } from '../shared/schema.js';
import { newId, retryOnce } from '../shared/write.js';

/** Values may be longer than other texts of a query; they are never part of a filter. */
interface Kind<One extends Entry> {
  readonly model: Model<EntryDocument>;
  /** The value as it is stored. */
  readonly fields: (entry: One) => Record<string, string>;
  readonly toEntry: (document: EntryDocument, common: Stored<Entry>) => Stored<One>;
}

export function variableStore(connection: Connection): EntryStore<VariableEntry> {
  return entryStore({
    model: connection.model<EntryDocument>(VARIABLES, entrySchema({ value: String }), VARIABLES),
    fields: ({ value }) => ({ value }),
    toEntry: ({ value = '' }, common) => ({ ...common, value }),
  });
}

export function secretStore(connection: Connection): EntryStore<SecretEntry> {
  return entryStore({
    model: secretModel(connection),
    fields: ({ sealed }) => ({ sealed, keyId: keyIdOf(sealed) }),
    toEntry: ({ sealed = '' }, common) => ({ ...common, sealed }),
  });
}

function entryStore<One extends Entry>({ model, fields, toEntry }: Kind<One>): EntryStore<One> {
  const toOne = (document: EntryDocument) => toEntry(document, commonOf(document));
  return {
    async put(entry) {
      const scope = keyOf(entry.scope);
      const name = text(entry.name, 'the name');
      const { revision, updatedAt, updatedBy } = entry;
      const set = { ...fields(entry), revision, updatedAt, updatedBy };
      const first = { _id: newId(), ...placeOf(entry.scope), createdAt: updatedAt };
      await retryOnce(() =>
        model.collection.updateOne(
          { scope, name },
          { $set: set, $setOnInsert: first as never },
          { upsert: true },
        ),
      );
    },
    async of(scopes) {
      const keys = scopes.map(keyOf);
      const found = model.find({ scope: trusted({ $in: keys }) }).sort({ scope: 1, name: 1 });
      return (await found.hint('scope_name').lean<EntryDocument[]>()).map(toOne);
    },
    async list({ projectId, layer }, page) {
      const limit = limitOf(page);
      const after = cursorOf(page, /^[0-9a-f]{24}$/);
      const filter = {
        projectId: text(projectId, 'the project'),
        layer: oneOf(layer, STORED_LAYERS),
        ...(after && { _id: trusted({ $gt: after[0] }) }),
      };
      const found = model
        .find(filter)
        .sort({ _id: 1 })
        .limit(limit + 1)
        .hint('project_layer_id');
      const documents = await found.lean<EntryDocument[]>();
      const { items, nextCursor } = pageOf(documents, { limit, cursor: ({ _id }) => _id });
      return { items: items.map(toOne), nextCursor };
    },
    async delete({ scope, name }) {
      const { deletedCount } = await model.deleteOne({ scope: keyOf(scope), name: text(name, 'the name') });
      return deletedCount === 1;
    },
    async deleteAllOf(owner) {
      const filter =
        'projectId' in owner
          ? { projectId: text(owner.projectId, 'the project') }
          : { scope: keyOf({ layer: 'org', ownerId: owner.ownerId }) };
      return (await model.deleteMany(filter)).deletedCount;
    },
  };
}

/** Primitives only: a scope comes from outside. */
function keyOf(scope: Scope): string {
  if (scope.layer === 'org') whole(scope.ownerId, 'the organization');
  else text(scope.projectId, 'the project');
  return text(scopeKey(scope), 'the scope');
}

function placeOf(scope: Scope): Partial<EntryDocument> {
  const projectId = scope.layer === 'org' ? null : scope.projectId;
  const ownerId = scope.layer === 'org' ? scope.ownerId : null;
  return { layer: scope.layer, projectId, ownerId, qualifier: qualifierOf(scope) };
}

function commonOf(document: EntryDocument): Stored<Entry> {
  const { _id: id, name, revision, createdAt, updatedAt, updatedBy, ...place } = document;
  return { id, scope: toScope(place), name, revision, createdAt, updatedAt, updatedBy };
}

function toScope({
  layer,
  ownerId,
  projectId,
  qualifier,
}: Pick<EntryDocument, 'layer' | 'ownerId' | 'projectId' | 'qualifier'>): Scope {
  const project = { projectId: projectId ?? '' };
  if (layer === 'org') return { layer, ownerId: ownerId ?? 0 };
  if (layer === 'target') return { layer, ...project, target: qualifier };
  if (layer === 'class') return { layer, ...project, class: oneOf(qualifier, CLASSES) };
  if (layer === 'pull-request') return { layer, ...project, pullRequest: Number(qualifier) };
  return { layer, ...project };
}

/** One variable or one secret. */
interface EntryDocument {
  readonly _id: string;
  /** See `scopeKey`. */
  readonly scope: string;
  readonly layer: StoredLayer;
  readonly ownerId: number | null;
  readonly projectId: string | null;
  readonly qualifier: string;
  readonly name: string;
  readonly revision: string;
  readonly value?: string;
  readonly sealed?: string;
  /** Of `sealed`, for the change of the operator's key. */
  readonly keyId?: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly updatedBy: string;
}

export type SecretDocument = EntryDocument;

const VARIABLES = 'variables';
const SECRETS = 'secrets';

function entrySchema(value: Readonly<Record<string, StringConstructor>>) {
  return strictSchema<EntryDocument>({
    _id: String,
    scope: String,
    layer: String,
    ownerId: Number,
    projectId: String,
    qualifier: String,
    name: String,
    revision: String,
    ...value,
    createdAt: Date,
    updatedAt: Date,
    updatedBy: String,
  });
}

export function secretModel(connection: Connection): Model<EntryDocument> {
  return connection.model<EntryDocument>(SECRETS, entrySchema({ sealed: String, keyId: String }), SECRETS);
}

/** What a stored secret is sealed for is made from these. */
export function secretPlace(document: SecretDocument): Pick<SecretEntry, 'scope' | 'name'> {
  const { scope, name } = commonOf(document);
  return { scope, name };
}
