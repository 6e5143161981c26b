/** What one contender showed in one round, by measurement. */
export type Figures = Readonly<Record<string, number>>;

export interface Alternation {
  readonly names: readonly string[];
  readonly rounds: number;
  readonly measure: (name: string, round: number) => Promise<Figures>;
}

export interface Samples {
  /** One figure a round; empty when that contender did not take part or does not have that measurement. */
  of(name: string, measurement: string): readonly number[];
  /** The same of a peer: null when it is not on this machine. */
  against(name: string, measurement: string): readonly number[] | null;
}

/** Everybody once a round. The first of one round is the last of the next, so that nobody always follows the same neighbour's noise. */
export async function alternate({ names, rounds, measure }: Alternation): Promise<Samples> {
  const taken = new Map<string, Figures[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const name of rotated(names, round)) taken.get(name)?.push(await measure(name, round));
  }
  const of = (name: string, measurement: string) =>
    (taken.get(name) ?? []).flatMap((figures) => {
      const figure = figures[measurement];
      return figure === undefined ? [] : [figure];
    });
  return { of, against: (name, measurement) => (taken.has(name) ? of(name, measurement) : null) };
}

export function rotated<T>(items: readonly T[], by: number): readonly T[] {
  const start = items.length === 0 ? 0 : by % items.length;
  return [...items.slice(start), ...items.slice(0, start)];
}
