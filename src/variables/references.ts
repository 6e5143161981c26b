/** The address of another project's preview: `${preview:api.url}`, `${preview:api.host}`. `$${...}` writes a `${...}` that is left alone. */
const REFERENCE = /(\$?)\$\{preview:([^{}]{1,200})\.(url|host)\}/g;

interface Filled {
  readonly value: string;
  /** The projects that there are not. */
  readonly unknown: readonly string[];
}

/** Fills in the addresses that a value refers to. `urlOf` answers undefined for a project that there is not. */
export function fillReferences(value: string, urlOf: (project: string) => string | undefined): Filled {
  const unknown = new Set<string>();
  const filled = value.replace(REFERENCE, (whole, escape: string, project: string, part: 'url' | 'host') => {
    if (escape !== '') return whole.slice(1);
    const url = urlOf(project);
    if (url === undefined) unknown.add(project);
    if (url === undefined) return whole;
    return part === 'url' ? url : new URL(url).host;
  });
  return { value: filled, unknown: [...unknown] };
}
