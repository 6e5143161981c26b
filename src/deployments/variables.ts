import type { Environment } from '../environments/model.js';
import { BUILD_DEFAULTS } from '../settings/schema.js';
import { defaultSettings, projectsOf, type Settings } from '../settings/settings.js';
import { type HealthCheck, healthOf, readHealthTimeout } from '../shared/health.js';
import { addressVariable, type AddressPorts, previewUrl, serviceLabel } from '../shared/preview-url.js';
import type { TargetFacts } from '../targets/target.js';
import { type BuiltInFacts, builtInVariables } from '../variables/names.js';

/** The settings of its project, as they were when the pull request was last looked at. */
export function buildSettingsOf(environment: Environment): {
  readonly build: Settings['build'];
  readonly root: string;
} {
  const settings = environment.settings ?? defaultSettings();
  const project = projectsOf(settings, environment.repository).find(
    ({ name }) => name === environment.project,
  );
  // What was stored before a setting existed does not have it.
  const build = { ...BUILD_DEFAULTS, ...(project?.build ?? settings.build) };
  return { build, root: project?.root ?? '.' };
}

/** How a program of the environment is asked whether it is well. */
export function healthCheckOf(environment: Environment): HealthCheck {
  const { healthPath, healthTimeout, healthStatus } = buildSettingsOf(environment).build;
  return healthOf({
    healthPath,
    healthTimeoutMs: readHealthTimeout(healthTimeout) ?? undefined,
    healthStatus,
  });
}

/** The variables that say what an environment is. */
export function builtInVariablesOf({
  url,
  name,
  project,
  head,
  pullRequest,
}: Environment): Record<string, string> {
  const facts: BuiltInFacts = {
    url,
    environment: name,
    project,
    sha: head?.sha ?? '',
    branch: pullRequest?.head.ref ?? name,
    pullRequest: pullRequest ? { number: pullRequest.number, baseBranch: pullRequest.base.ref } : undefined,
  };
  return builtInVariables(facts);
}

interface DeclaringPorts {
  readonly targets: ReadonlyMap<string, Pick<TargetFacts<unknown, unknown>, 'options' | 'addresses'>>;
}

/** The services that get an address besides that of the environment, as the settings say. */
export function servicesOf(
  { targets }: DeclaringPorts,
  { settings }: Pick<Environment, 'settings'>,
): readonly string[] {
  const named = settings?.target;
  const target = named && targets.get(named.name);
  if (!named || !target?.addresses) return [];
  const options = target.options.safeParse(named.options);
  return options.success ? target.addresses(options.data) : [];
}

/** Where those are: known before anything is deployed. */
export function addressVariablesOf(
  ports: DeclaringPorts & Pick<AddressPorts, 'previewBase'>,
  environment: Environment,
): Record<string, string> {
  const urlOf = (service: string) =>
    previewUrl({ label: serviceLabel({ service, label: environment.slug }), base: ports.previewBase });
  return Object.fromEntries(
    servicesOf(ports, environment).map((service) => [addressVariable(service), urlOf(service)]),
  );
}
