import { healthcheckOf } from './healthcheck.js';
import { limitsIn } from './limits.js';
import { CONDITIONS, type Dependency, type Mount, type ServiceModel, type Tmpfs } from './model.js';
import { mountsOf, tmpfsOf } from './mounts.js';
import { exposedOf, portsOf } from './ports.js';
import { LEFT_OUT_OF_SERVICE, REFUSED_IN_SERVICE } from './refused.js';
import {
  containerPathProblem,
  flagOf,
  type Found,
  groupOf,
  itemsOf,
  millisecondsOf,
  note,
  problem,
  shown,
  textOf,
  textsOf,
  wordOf,
} from './values.js';

/** A service while its keys are read. */
type Draft = { -readonly [Key in keyof ServiceModel]: ServiceModel[Key] };

/** What a variable that is named without a value stands for. */
export type NamedValues = (name: string) => string | undefined;

export interface ServiceContext {
  readonly valueOf: NamedValues;
  /** Those of the file, besides `default`. */
  readonly networks: readonly string[];
}

type Read = (into: Draft, found: Found, context: ServiceContext) => void;

const USER = /^[A-Za-z0-9_][\w.-]{0,63}(?::[A-Za-z0-9_][\w.-]{0,63})?$/;
const SIGNAL = /^(?:SIG)?[A-Z][A-Z0-9+-]{1,11}$|^\d{1,2}$/;
const MAX_GRACE_MS = 30_000;

/** Every key that a service may have. What is not in this table is refused. */
const KEYS: ReadonlyMap<string, Read> = new Map<string, Read>([
  ['image', (into, found) => void (into.image = imageOf(found))],
  // What it says is the matter of the run, which built the image on its own machine.
  ['build', (into) => void (into.isBuilt = true)],
  ['command', (into, found) => void (into.command = commandOf(found))],
  ['entrypoint', (into, found) => void (into.entrypoint = commandOf(found))],
  ['environment', (into, found, { valueOf }) => void (into.environment = environmentOf(found, valueOf))],
  ['ports', (into, found) => void (into.ports = [...portsOf(found), ...into.ports])],
  ['expose', (into, found) => void (into.ports = [...into.ports, ...exposedOf(found)])],
  ['depends_on', (into, found) => void (into.dependsOn = dependenciesOf(found))],
  ['healthcheck', (into, found) => void (into.healthcheck = healthcheckOf(found))],
  ['working_dir', (into, found) => void (into.workingDir = pathOf(found))],
  [
    'user',
    (into, found) =>
      void (into.user = wordOf(found, USER, 'must be a user, such as node or 1000:1000') ?? undefined),
  ],
  [
    'stop_signal',
    (into, found) =>
      void (into.stopSignal = wordOf(found, SIGNAL, 'must be a signal, such as SIGTERM') ?? undefined),
  ],
  [
    'stop_grace_period',
    (into, found) =>
      void (into.stopGraceMs = millisecondsOf(found, { min: 0, max: MAX_GRACE_MS }) ?? undefined),
  ],
  ['tmpfs', (into, found) => void (into.tmpfs = [...into.tmpfs, ...tmpfsOf(found)])],
  ['volumes', readMounts],
  ['labels', checkLabels],
  ['networks', checkNetworks],
  // Both are on for every service.
  ['init', (_, found) => void flagOf(found)],
  ['read_only', (_, found) => void flagOf(found)],
]);

export function readService(found: Found, context: ServiceContext): ServiceModel {
  const draft = emptyService(found.line);
  const limits: [string, Found][] = [];
  for (const [key, inner] of groupOf(found)) {
    const read = KEYS.get(key);
    const leftOut = LEFT_OUT_OF_SERVICE.get(key);
    if (read) read(draft, inner, context);
    else if (LIMIT_KEYS.includes(key)) limits.push([key, inner]);
    else if (leftOut !== undefined) note(inner, leftOut);
    else if (!key.startsWith('x-'))
      problem(inner, REFUSED_IN_SERVICE.get(key) ?? 'is not a key that a preview may use; remove it');
  }
  draft.limits = { line: found.line, ...limitsIn(limits) };
  draft.ports = [...new Set(draft.ports)];
  if (draft.image === null && !draft.isBuilt && found.findings.problems.length === 0)
    problem(found, 'has neither "image" nor "build"; name the image that it runs');
  return draft;
}

const LIMIT_KEYS: readonly string[] = ['deploy', 'mem_limit', 'cpus', 'pids_limit'];

function emptyService(line: number): Draft {
  return {
    line,
    image: null,
    isBuilt: false,
    command: undefined,
    entrypoint: undefined,
    environment: [],
    ports: [],
    dependsOn: [],
    healthcheck: undefined,
    workingDir: undefined,
    user: undefined,
    stopSignal: undefined,
    stopGraceMs: undefined,
    tmpfs: [],
    mounts: [],
    limits: { line, memoryBytes: undefined, cpus: undefined, pids: undefined },
  };
}

/** https://pkg.go.dev/github.com/distribution/reference: what is wrong in it otherwise, the engine says. */
const IMAGE = /^[A-Za-z0-9][\w./:@-]{0,400}$/;

function imageOf(found: Found): string | null {
  return wordOf(found, IMAGE, 'must be the name of an image, such as postgres:16');
}

/** Null is what the image says; a text is split into words by Compose, without a shell. */
function commandOf(found: Found): string | readonly string[] | undefined {
  const { value } = found;
  if (value.kind === 'list') return textsOf(found);
  if (value.kind === 'scalar' && value.value === null) return undefined;
  return textOf(found) ?? undefined;
}

const VARIABLE = /^[A-Za-z_][\w.-]{0,127}$/;

/** A name without a value is a variable or secret of the preview; one that is not set there is left out. */
function environmentOf(found: Found, valueOf: NamedValues): readonly (readonly [string, string])[] {
  const pairs = found.value.kind === 'list' ? itemsOf(found).flatMap(pairOf) : groupOf(found);
  const named = pairs.flatMap(([name, value]): [string, string][] => {
    if (!VARIABLE.test(name)) problem(value, `has the name "${shown(name)}", which is no name of a variable`);
    const { value: given } = value;
    if (given.kind !== 'scalar' || given.value !== null) return [[name, textOf(value) ?? '']];
    const own = valueOf(name);
    return own === undefined ? [] : [[name, own]];
  });
  return [...new Map(named)];
}

function pairOf(found: Found): [string, Found][] {
  const text = textOf(found);
  if (text === null) return [];
  const at = text.indexOf('=');
  const value = at === -1 ? null : text.slice(at + 1);
  const scalar = { kind: 'scalar', line: found.line, value, text: value ?? '' } as const;
  return [[at === -1 ? text : text.slice(0, at), { ...found, value: scalar }]];
}

function dependenciesOf(found: Found): Dependency[] {
  if (found.value.kind === 'list')
    return itemsOf(found).map((item) => ({
      service: textOf(item) ?? '',
      line: item.line,
      condition: 'service_started',
      restart: false,
      required: true,
    }));
  return groupOf(found).map(([service, value]) => dependencyOf(service, value));
}

function dependencyOf(service: string, found: Found): Dependency {
  const keys = new Map(groupOf(found));
  const flag = (key: string, otherwise: boolean) => {
    const value = keys.get(key);
    return value ? (flagOf(value) ?? otherwise) : otherwise;
  };
  for (const [key, value] of keys)
    if (!['condition', 'restart', 'required'].includes(key)) problem(value, 'is not known; remove it');
  const given = keys.get('condition');
  const word = given ? textOf(given) : 'service_started';
  const condition = CONDITIONS.find((one) => one === word);
  if (given && condition === undefined) problem(given, `must be one of ${CONDITIONS.join(', ')}`);
  return {
    service,
    line: found.line,
    condition: condition ?? 'service_started',
    restart: flag('restart', false),
    required: flag('required', true),
  };
}

function pathOf(found: Found): string | undefined {
  const path = textOf(found);
  const wrong = path === null ? null : containerPathProblem(path);
  if (wrong !== null) problem(found, wrong);
  return path ?? undefined;
}

function readMounts(into: Draft, found: Found): void {
  const { mounts, tmpfs }: { mounts: readonly Mount[]; tmpfs: readonly Tmpfs[] } = mountsOf(found);
  into.mounts = mounts;
  into.tmpfs = [...into.tmpfs, ...tmpfs];
}

/** Of this server, and of the engine and Compose. */
const RESERVED_LABEL = /^(?:vitrine|com\.docker|io\.docker|org\.dockerproject)(?:\.|$)/i;

/** Labels are read by other programs of the machine, such as a proxy that publishes what asks for it: none of the file is passed on. */
function checkLabels(_: Draft, found: Found): void {
  const pairs = found.value.kind === 'list' ? itemsOf(found).flatMap(pairOf) : groupOf(found);
  for (const [name, value] of pairs)
    if (RESERVED_LABEL.test(name))
      problem(value, `has the label "${shown(name)}", which belongs to the server; remove it`);
  if (pairs.length > 0) note(found, 'is left out: other programs of the machine could act on labels');
}

/** All services are on one network. A name may be given, and nothing else. */
function checkNetworks(_: Draft, found: Found, { networks }: ServiceContext): void {
  const isList = found.value.kind === 'list';
  const named = isList ? itemsOf(found).map((item) => [textOf(item) ?? '', item] as const) : groupOf(found);
  for (const [name, value] of named) {
    if (name !== 'default' && !networks.includes(name))
      problem(value, `has the network "${shown(name)}", which the file does not have under "networks"`);
    if (!isList)
      for (const [, setting] of groupOf(value))
        problem(setting, 'is not allowed: services reach each other by the name of the service; remove it');
  }
}
