import type { Route } from '../../src/contract/routes.js';

export type Match<Name extends string> =
  | { readonly name: Name; readonly parameters: Readonly<Record<string, string>> }
  | { readonly allow: readonly string[] };

interface Entry<Name> {
  readonly name: Name;
  readonly method: string;
  readonly segments: readonly string[];
}

/** Finds the route of a request. Literal segments win over parameters, whatever the order of the table. */
export function createRouter<Name extends string>(routes: Readonly<Record<Name, Route>>) {
  const entries = (Object.entries<Route>(routes) as [Name, Route][])
    .map(([name, { method, path }]): Entry<Name> => ({ name, method, segments: path.split('/') }))
    .sort((a, b) => parameterCount(a) - parameterCount(b));

  return (method: string, path: string): Match<Name> | undefined => {
    const parts = path.split('/');
    const fitting = entries.flatMap((entry) => {
      const parameters = fit(entry.segments, parts);
      return parameters ? [{ entry, parameters }] : [];
    });
    const found = fitting.find(
      ({ entry }) => entry.method === method || (method === 'HEAD' && entry.method === 'GET'),
    );
    if (found) return { name: found.entry.name, parameters: found.parameters };
    return fitting.length > 0 ? { allow: fitting.map(({ entry }) => entry.method) } : undefined;
  };
}

function parameterCount({ segments }: Entry<string>): number {
  return segments.filter((segment) => segment.startsWith(':')).length;
}

function fit(segments: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== parts.length) return undefined;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? '';
    if (!segment.startsWith(':')) {
      if (segment !== part) return undefined;
      continue;
    }
    const value = decoded(part);
    if (value === undefined) return undefined;
    parameters[segment.slice(1)] = value;
  }
  return parameters;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part) || undefined;
  } catch {
    return undefined;
  }
}
