/** No operation may keep the database busy for longer than this. */
export const MAX_TIME_MS = 3_000;
