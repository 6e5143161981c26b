/** Milliseconds since the epoch; tests pass their own to make two changes fall into one second. */
export type Clock = () => number;

/** GitHub's times have a grain of one second: two changes within it cannot be told apart by `updated_at`. */
export function githubTime(clock: Clock): string {
  const wholeSecond = Math.floor(clock() / 1000) * 1000;
  return new Date(wholeSecond).toISOString().replace('.000Z', 'Z');
}
