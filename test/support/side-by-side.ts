const AT_ONCE = 5;

/**
 * Plays all cases when the first test asks for its own, a few at a time, and tells each test how its case went: most of the time they
 * wait. Jest's own concurrent tests cannot be used: between the ends of two of them nothing may be imported, and the others fail.
 */
export function sideBySide<Case>(cases: readonly Case[], play: (one: Case) => Promise<void>) {
  let played: Promise<ReadonlyMap<Case, unknown>> | undefined;
  return async (one: Case): Promise<void> => {
    played ??= playAll(cases, play);
    const failures = await played;
    if (failures.has(one)) throw failures.get(one);
  };
}

async function playAll<Case>(cases: readonly Case[], play: (one: Case) => Promise<void>) {
  const failures = new Map<Case, unknown>();
  const waiting = [...cases];
  const lane = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      const now = one;
      await play(now).catch((error: unknown) => failures.set(now, error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return failures;
}

/** The cases with these names; a name that no case has is a mistake. */
export function pickCases<Case>(cases: readonly (readonly [string, Case])[], names: readonly string[]) {
  return names.map((name) => {
    const found = cases.find(([title]) => title === name);
    if (!found) throw new Error(`No case is called "${name}".`);
    return found;
  });
}
