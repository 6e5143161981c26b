export interface LeftOut {
  /** `what` ends a sentence that begins with "it is". */
  add(path: string, what: string): void;
  notes(): string[];
}

/** So many are named one by one. */
const FEW = 3;

/** What was not taken along, and why: a few by their names, many in one sentence. */
export function leftOut(): LeftOut {
  const paths = new Map<string, string[]>();
  return {
    add: (path, what) => {
      const known = paths.get(what);
      if (known) known.push(path);
      else paths.set(what, [path]);
    },
    notes: () => [...paths].flatMap(([what, all]) => sentences(what, all.toSorted())),
  };
}

function sentences(what: string, paths: readonly string[]): string[] {
  const names = paths.slice(0, FEW).map((path) => JSON.stringify(path));
  if (paths.length <= FEW) return names.map((name) => `${name} was left out: it is ${what}.`);
  return [`${String(paths.length)} were left out, such as ${names.join(', ')}: each is ${what}.`];
}
