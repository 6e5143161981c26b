import { initialIndexes } from './0001-initial-indexes.js';
import type { Migration } from './migration.js';

/** In order of their versions. A migration that was released is never changed: the next one corrects it. */
export const MIGRATIONS: readonly Migration[] = [initialIndexes];
