import { z } from 'zod';
import { type HealthCheck, healthOf, readHealthTimeout } from '../../shared/health.js';
import { healthRules, healthStatusText, healthTimeoutText } from '../../shared/health-schemas.js';
import { addressVariable } from '../../shared/preview-url.js';
import type { ComposeModel } from './model.js';

/** A service that visitors reach, its port inside the container, and the path that must answer. */
export const addressSchema = z.strictObject({
  service: z.string().min(1),
  port: z.int(),
  healthPath: z.string(),
  ...healthRules(),
});
export type Address = z.infer<typeof addressSchema>;

export const serviceName = z.string().min(1).max(63);

const addressOptions = z.strictObject({
  port: z.int().min(1).max(65_535).optional(),
  'health-path': z
    .string()
    .max(1_000)
    .regex(/^\/(?!\/)\S*$/, 'must be a path that begins with one "/"')
    .optional(),
  'health-timeout': healthTimeoutText().optional(),
  'health-status': healthStatusText().optional(),
});

type Addresses = readonly string[] | Readonly<Record<string, z.infer<typeof addressOptions>>>;

/** More services with an address: their names, or what differs from the settings for each. */
export const addressesSchema = z
  .union([
    z.array(serviceName).refine((names) => new Set(names).size === names.length, 'names a service twice'),
    z.record(serviceName, addressOptions),
  ])
  .refine((asked) => hasOwnVariables(namesIn(asked)), 'names two services that would share a variable');

export function namesIn(addresses: Addresses = []): readonly string[] {
  return isList(addresses) ? addresses : Object.keys(addresses);
}

function isList(addresses: Addresses): addresses is readonly string[] {
  return Array.isArray(addresses);
}

function hasOwnVariables(names: readonly string[]): boolean {
  return new Set(names.map(addressVariable)).size === names.length;
}

interface Asked extends HealthCheck {
  /** By the settings of the default branch. */
  readonly service: string | undefined;
  readonly addresses?: Addresses | undefined;
  /** By the settings file; null for what the compose file says. */
  readonly port: number | null;
}

const USUAL_NAMES = ['web', 'app'];

type Services = Pick<ComposeModel, 'services'>;

/** The service with the address of the preview first. Answers a text that says what to do when the file does not tell. */
export function addressesOf(model: Services, asked: Asked): readonly [Address, ...Address[]] | string {
  const { service, port, addresses } = asked;
  const health = healthOf(asked);
  const first = addressOf(model, { service, port, ...health });
  if (typeof first === 'string') return first;
  const others: Address[] = [];
  for (const name of namesIn(addresses)) {
    const own = addresses === undefined || isList(addresses) ? {} : (addresses[name] ?? {});
    const { port: ownPort = null } = own;
    if (name === first.service)
      return `The service "${name}" has the address of the preview: take it out of "target.options.addresses" in .github/preview.yml, or name another one in "service".`;
    const check = ownCheck(own, health);
    const other = addressAt(model, { name, port: ownPort, health: check, option: 'addresses' });
    if (typeof other === 'string') return other;
    others.push(other);
  }
  return [first, ...others];
}

/** What is not said for a service is as in the settings. */
function ownCheck(own: z.infer<typeof addressOptions>, health: HealthCheck): HealthCheck {
  const { 'health-path': path, 'health-timeout': timeout, 'health-status': status } = own;
  const timeoutMs = timeout === undefined ? null : readHealthTimeout(timeout);
  return healthOf({
    healthPath: path ?? health.healthPath,
    healthTimeoutMs: timeoutMs ?? health.healthTimeoutMs,
    healthStatus: status ?? health.healthStatus,
  });
}

function addressOf(
  model: Services,
  { service, port, ...health }: Omit<Asked, 'addresses'>,
): Address | string {
  const { services } = model;
  const name = service ?? inferred(services);
  if (name === null)
    return `The compose file does not tell which service visitors should reach: name it in .github/preview.yml on the default branch, as target: { name: compose, options: { service: web } }. It has: ${[...services.keys()].join(', ')}.`;
  return addressAt(model, { name, port, health, option: 'service' });
}

interface Named {
  readonly name: string;
  readonly port: number | null;
  readonly health: HealthCheck;
  readonly option: 'service' | 'addresses';
}

function addressAt({ services }: Services, { name, port, health, option }: Named): Address | string {
  const found = services.get(name);
  if (!found)
    return `The compose file has no service "${name}", which "target.options.${option}" in .github/preview.yml names. It has: ${[...services.keys()].join(', ')}.`;
  const [first] = found.ports;
  const chosen = port ?? first;
  const setting = option === 'service' ? '"port"' : `"target.options.addresses.${name}.port"`;
  if (chosen === undefined)
    return `The service "${name}" names no port: add "expose" with the port that its program listens on, or set ${setting} in .github/preview.yml.`;
  return { service: name, port: chosen, ...health };
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
