import {
  type BuiltInFacts,
  builtInVariables,
  MAX_VARIABLES,
  variableNameProblem,
  variableValueProblem,
} from './names.js';

/** From the most general to the most specific: a later layer wins. */
export const LAYERS = ['org', 'project', 'target', 'class', 'pull-request'] as const;
type Layer = (typeof LAYERS)[number];
type Origin = Layer | 'built-in';

interface Variable {
  readonly name: string;
  readonly value: string;
  readonly origin: Origin;
}

interface Variables {
  readonly variables: readonly Variable[];
  /** The variables that were left out and why: names, never values. */
  readonly problems: readonly string[];
}

interface LayersInput {
  readonly layers: Readonly<Partial<Record<Layer, Readonly<Record<string, string>>>>>;
  readonly builtIn?: BuiltInFacts | undefined;
}

/** Every variable once, with its layer. A refused variable is reported and does not affect the others. */
export function resolveVariables({ layers, builtIn }: LayersInput): Variables {
  const chosen = new Map<string, Variable>();
  const problems: string[] = [];
  const offered = LAYERS.flatMap((origin) =>
    Object.entries(layers[origin] ?? {}).map(([name, value]) => ({ name, value, origin })),
  );
  for (const variable of offered) {
    const problem = problemWith(variable, chosen);
    if (problem)
      problems.push(`${JSON.stringify(variable.name.slice(0, 60))} (${variable.origin}) ${problem}`);
    if (!problem) chosen.set(variable.name, variable);
  }
  const own = Object.entries(builtIn ? builtInVariables(builtIn) : {});
  const ours = own.map(([name, value]) => ({ name, value, origin: 'built-in' as const }));
  return { variables: [...chosen.values(), ...ours], problems };
}

function problemWith({ name, value }: Variable, chosen: ReadonlyMap<string, Variable>): string | undefined {
  const problem = variableNameProblem(name) ?? variableValueProblem(value);
  if (problem || chosen.has(name)) return problem;
  const twin = [...chosen.keys()].find((other) => other.toUpperCase() === name.toUpperCase());
  if (twin) return `differs from ${twin} only in capitals; keep one of them`;
  return chosen.size < MAX_VARIABLES
    ? undefined
    : `is one more than the ${String(MAX_VARIABLES)} variables that fit`;
}

/** The variables as the environment of a process. */
export function asRecord({ variables }: Variables): Record<string, string> {
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}
