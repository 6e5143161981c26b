/** The pull request that an environment's name is made from (`pr-42`), or null for others. */
export function pullRequestOf(environment: string): number | null {
  const number = /^pr-([1-9]\d{0,9})$/.exec(environment)?.[1];
  return number === undefined ? null : Number(number);
}
