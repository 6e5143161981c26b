import type { ComposeModel } from './model.js';

/** The service that visitors reach, and its port inside the container. */
export interface Address {
  readonly service: string;
  readonly port: number;
}

interface Asked {
  /** By the settings of the default branch. */
  readonly service: string | undefined;
  /** By the settings file; null for what the compose file says. */
  readonly port: number | null;
}

const USUAL_NAMES = ['web', 'app'];

/** Answers a text that says what to do when the file does not tell. */
export function addressOf(
  { services }: Pick<ComposeModel, 'services'>,
  { service, port }: Asked,
): Address | string {
  const name = service ?? inferred(services);
  if (name === null)
    return `The compose file does not tell which service visitors should reach: name it in .github/preview.yml on the default branch, as target: { name: compose, options: { service: web } }. It has: ${[...services.keys()].join(', ')}.`;
  const found = services.get(name);
  if (!found)
    return `The compose file has no service "${name}", which "target.options.service" in .github/preview.yml names. It has: ${[...services.keys()].join(', ')}.`;
  const [first] = found.ports;
  const chosen = port ?? first;
  if (chosen === undefined)
    return `The service "${name}" names no port: add "expose" with the port that its program listens on, or set "port" in .github/preview.yml.`;
  return { service: name, port: chosen };
}

/** The only service with a port, or the only service; else the one with a usual name. */
function inferred(services: ComposeModel['services']): string | null {
  const all = [...services.keys()];
  const withPorts = all.filter((name) => (services.get(name)?.ports.length ?? 0) > 0);
  for (const candidates of [withPorts, all]) {
    const [only] = candidates;
    if (only !== undefined && candidates.length === 1) return only;
  }
  return USUAL_NAMES.find((name) => services.has(name)) ?? null;
}
