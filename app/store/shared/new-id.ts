import { mongo } from 'mongoose';

/** 24 hex digits that grow with time: lists are ordered and paged by them, newest first. */
export function newId(): string {
  return new mongo.ObjectId().toHexString();
}
