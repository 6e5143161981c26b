import { mongo } from 'mongoose';

/** The `$jsonSchema` that the database enforces for a collection. */
export interface ValidatorDefinition {
  readonly collection: string;
  readonly schema: mongo.Document;
}

type BsonType = 'array' | 'binData' | 'bool' | 'date' | 'number' | 'object' | 'string';

/** Fields that must be there: a type, or a schema of their own. */
export function validator(
  collection: string,
  fields: Readonly<Record<string, BsonType | mongo.Document>>,
): ValidatorDefinition {
  return { collection, schema: objectOf(fields) };
}

export function objectOf(fields: Readonly<Record<string, BsonType | mongo.Document>>): mongo.Document {
  const properties = Object.entries(fields).map(([name, type]) => [
    name,
    typeof type === 'string' ? { bsonType: type } : type,
  ]);
  return {
    bsonType: 'object',
    required: Object.keys(fields),
    properties: Object.fromEntries(properties) as mongo.Document,
  };
}

/** A new database has its collections made with their validators; where one exists already, its migration sets it. */
export async function createCollections(
  db: mongo.Db,
  validators: readonly ValidatorDefinition[],
): Promise<void> {
  for (const { collection, schema } of validators) {
    if (!(await infoOf(db, collection))) await db.createCollection(collection, rulesFor(schema));
  }
}

export async function setValidators(db: mongo.Db, validators: readonly ValidatorDefinition[]): Promise<void> {
  await createCollections(db, validators);
  for (const { collection, schema } of validators) await modify(db, collection, rulesFor(schema));
}

export async function removeValidators(
  db: mongo.Db,
  validators: readonly ValidatorDefinition[],
): Promise<void> {
  for (const { collection } of validators) {
    if (await infoOf(db, collection)) await modify(db, collection, {});
  }
}

interface Rules {
  readonly validator?: mongo.Document;
  readonly validationLevel?: 'moderate';
}

/** `moderate`: an older document that does not match can still be updated. */
export function rulesFor(schema: mongo.Document): Rules {
  return { validator: { $jsonSchema: schema }, validationLevel: 'moderate' };
}

/** Whether this database can give other rules to a collection that exists. The embedded engine rebuilds it instead. */
export async function canChangeRules(db: mongo.Db, collection: string): Promise<boolean> {
  try {
    await db.command({ collMod: collection });
    return true;
  } catch (error) {
    if (!isUnknownCommand(error)) throw error;
    return false;
  }
}

async function infoOf(db: mongo.Db, name: string): Promise<mongo.CollectionInfo | undefined> {
  const [info] = await db.listCollections({ name }, { nameOnly: false }).toArray();
  return info as mongo.CollectionInfo | undefined;
}

async function modify(db: mongo.Db, collection: string, rules: Rules): Promise<void> {
  const info = await infoOf(db, collection);
  const there = (info?.options ?? {}) as Rules;
  if (JSON.stringify(there.validator ?? {}) === JSON.stringify(rules.validator ?? {})) return;
  const { validator: wanted = {}, validationLevel = 'strict' } = rules;
  try {
    await db.command({ collMod: collection, validator: wanted, validationLevel });
  } catch (error) {
    if (!isUnknownCommand(error)) throw error;
    await rebuild(db, collection, rules);
  }
}

/**
 * The embedded engine can set a validator only on a collection that it makes. The copy replaces the original by one rename; after a
 * crash before that it is made anew.
 */
async function rebuild(db: mongo.Db, collection: string, rules: Rules): Promise<void> {
  const original = db.collection(collection);
  const copy = db.collection(`${collection}.rebuilt`);
  if (await infoOf(db, copy.collectionName)) await copy.drop();
  await db.createCollection(copy.collectionName, rules);
  for (const { key, ...options } of await original.listIndexes().toArray()) {
    if (options['name'] !== '_id_') await copy.createIndex(key as mongo.IndexSpecification, options);
  }
  const merge = { $merge: { into: copy.collectionName } };
  await original.aggregate([merge], { bypassDocumentValidation: true }).toArray();
  await copy.rename(collection, { dropTarget: true });
}

const COMMAND_NOT_FOUND = 59;

function isUnknownCommand(error: unknown): boolean {
  return error instanceof mongo.MongoServerError && error.code === COMMAND_NOT_FOUND;
}
