import type { StorageView } from '../../../src/contract/history.js';

/** What takes room, in a table. */
export interface RoomModel {
  readonly what: string;
  readonly bytes: number;
  readonly count: string;
  readonly note: string;
}

const KINDS = [
  ['uploads', 'Uploaded files', 'file', 'each once, however many deployments have it'],
  ['images', 'Images of the registry', 'image', 'each layer once'],
  ['pictures', 'Screenshots', 'picture', 'with their small forms and comparisons'],
] as const;

export function roomsOf({ kinds }: Pick<StorageView, 'kinds'>): readonly RoomModel[] {
  if (kinds === null) return [];
  return KINDS.map(([kind, what, noun, note]) => ({
    ...{ what, note, bytes: kinds[kind].bytes, count: countOf(kinds[kind].count, noun) },
  }));
}

export function countOf(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;
}
