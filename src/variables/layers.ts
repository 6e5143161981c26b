import {
  type BuiltInFacts,
  builtInVariables,
  MAX_VARIABLES,
  variableNameProblem,
  variableValueProblem,
} from './names.js';

/**
 * From the most general to the most specific: a later layer wins. `settings-file` is the `env` of `.github/preview.yml`; the others are
 * set by the API.
 */
export const LAYERS = ['org', 'settings-file', 'project', 'target', 'class', 'pull-request'] as const;
export type Layer = (typeof LAYERS)[number];
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
  const offered = LAYERS.flatMap((origin) =>
    Object.entries(layers[origin] ?? {}).map(([name, value]) => ({ name, value, origin })),
  );
  const { chosen, problems } = chooseNearest(offered);
  return { variables: [...chosen, ...builtIns(builtIn)], problems };
}

function builtIns(facts: BuiltInFacts | undefined): Variable[] {
  const own = Object.entries(facts ? builtInVariables(facts) : {});
  return own.map(([name, value]) => ({ name, value, origin: 'built-in' as const }));
}

/** A variable, or a secret whose value is not known here. */
interface Offered {
  readonly name: string;
  readonly value?: string;
  readonly origin: Layer;
}

interface Chosen<One> {
  readonly chosen: readonly One[];
  readonly problems: readonly string[];
}

/** The nearest one of each name. Within a layer, the last one of the list wins. */
export function chooseNearest<One extends Offered>(offered: readonly One[]): Chosen<One> {
  const chosen = new Map<string, One>();
  const problems: string[] = [];
  for (const one of [...offered].sort(byLayer)) {
    const problem = problemWith(one, chosen);
    if (problem) problems.push(`${JSON.stringify(one.name.slice(0, 60))} (${one.origin}) ${problem}`);
    if (!problem) chosen.set(one.name, one);
  }
  return { chosen: [...chosen.values()], problems };
}

function byLayer(a: Offered, b: Offered): number {
  return LAYERS.indexOf(a.origin) - LAYERS.indexOf(b.origin);
}

function problemWith(
  { name, value = '' }: Offered,
  chosen: ReadonlyMap<string, unknown>,
): string | undefined {
  const problem = variableNameProblem(name) ?? variableValueProblem(value);
  if (problem || chosen.has(name)) return problem;
  const twin = twinOf(name, [...chosen.keys()]);
  if (twin) return `differs from ${twin} only in capitals; keep one of them`;
  return chosen.size < MAX_VARIABLES
    ? undefined
    : `is one more than the ${String(MAX_VARIABLES)} variables that fit`;
}

/** Another of the names that differs only in capitals: some systems take both for one. */
export function twinOf(name: string, names: readonly string[]): string | undefined {
  return names.find((other) => other !== name && other.toUpperCase() === name.toUpperCase());
}

/** The variables as the environment of a process. */
export function asRecord({ variables }: Variables): Record<string, string> {
  return Object.fromEntries(variables.map(({ name, value }) => [name, value]));
}
