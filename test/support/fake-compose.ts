import { isVitrineError, VitrineError } from '../../src/shared/errors.js';
import type { ComposeRunner } from '../../src/targets/compose/runner.js';
import type { ContainerEngine, ContainerSpec, NetworkSpec } from '../../src/targets/docker/engine.js';

export interface FakeCompose extends ComposeRunner {
  failNext(kind: 'retriable' | 'final'): void;
}

interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly expose?: readonly string[];
  readonly ports?: readonly { readonly target: number; readonly published: string }[];
}

interface File {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: { readonly default: { readonly name: string; readonly labels: Record<string, string> } };
  readonly volumes?: Readonly<
    Record<string, { readonly name: string; readonly labels: Record<string, string> }>
  >;
}

interface Parts {
  readonly engine: ContainerEngine;
  readonly addVolume: (name: string, labels: Readonly<Record<string, string>>) => void;
}

/** Makes what a file says in an engine of the tests, as `docker compose` does. The same target runs over the real one in test/app/engine/compose.test.ts. */
export function createFakeCompose({ engine, addVolume }: Parts): FakeCompose {
  const faults: ('retriable' | 'final')[] = [];
  const projects = new Map<string, Map<string, string>>();
  const known = (project: string) => projects.get(project) ?? new Map<string, string>();
  return {
    failNext: (kind) => void faults.push(kind),
    async up({ project, file }, { log, signal }) {
      signal.throwIfAborted();
      const fault = faults.shift();
      if (fault === 'retriable') throw new VitrineError('unavailable', 'The engine does not answer.');
      if (fault === 'final') return { ok: false, lines: ['service "web" refused'] };
      const { services, networks, volumes = {} } = JSON.parse(unescaped(JSON.stringify(file))) as File;
      const there = known(project);
      projects.set(project, there);
      if (there.size === 0) await engine.createNetwork(networkOf(file, networks.default));
      for (const { name, labels } of Object.values(volumes)) addVolume(name, labels);
      for (const [name, service] of Object.entries(services)) {
        const spec = containerOf(project, { name, service });
        const id = await sameOrNew(engine, { id: there.get(name), spec });
        there.set(name, id);
        const refused = await whyNot(engine.startContainer(id));
        if (refused !== null) return { ok: false, lines: [refused] };
        log(`Container ${name} Started`);
      }
      return { ok: true };
    },
    async start(project) {
      for (const [name, known] of projects.get(project) ?? []) {
        const id = await idOf(engine, { project, name, known });
        const refused = await whyNot(engine.startContainer(id));
        if (refused !== null) return { ok: false, lines: [refused] };
      }
      return { ok: true };
    },
  };
}

/** Compose says what the engine said. */
async function whyNot(start: Promise<void>): Promise<string | null> {
  return start.then(
    () => null,
    (error: unknown) => {
      if (!isVitrineError(error) || error.code !== 'conflict') throw error;
      return error.message;
    },
  );
}

interface Made {
  readonly id: string | undefined;
  readonly spec: ContainerSpec;
}

/** Another one, where the file says other ports now. */
async function sameOrNew(engine: ContainerEngine, { id, spec }: Made): Promise<string> {
  if (id === undefined) return engine.createContainer(spec);
  const asked = Object.entries(spec.body.HostConfig.PortBindings).map(([name, [bound]]) => [
    name,
    bound?.HostPort,
  ]);
  const { asksFor } = (await engine.container(id)) ?? {};
  if (JSON.stringify(asksFor) === JSON.stringify(Object.fromEntries(asked))) return id;
  await engine.removeContainer(id);
  return engine.createContainer(spec);
}

interface Known {
  readonly project: string;
  readonly name: string;
  readonly known: string;
}

/** Compose finds containers by their labels. */
async function idOf(engine: ContainerEngine, { project, name, known }: Known): Promise<string> {
  return (await engine.container(known))?.id ?? (await engine.container(`${project}-${name}-1`))?.id ?? known;
}

/** Compose interpolates what it gets. */
function unescaped(text: string): string {
  return text.replaceAll('$$', '$');
}

function networkOf(file: object, { name, labels }: File['networks']['default']): NetworkSpec {
  const { networks } = file as { networks: { default: { ipam: { config: [{ subnet: string }] } } } };
  const [{ subnet }] = networks.default.ipam.config;
  return {
    Name: name,
    Driver: 'bridge',
    Labels: labels,
    IPAM: { Config: [{ Subnet: subnet }] },
    Options: {},
  };
}

function containerOf(project: string, { name, service }: { name: string; service: Service }): ContainerSpec {
  const ports = (service.ports ?? []).map(({ target, published }) => [
    `${target}/tcp`,
    [{ HostIp: '127.0.0.1', HostPort: published }],
  ]);
  return {
    name: `${project}-${name}-1`,
    body: {
      Image: service.image,
      Env: Object.entries(service.environment ?? {}).map(([key, value]) => `${key}=${value}`),
      Labels: service.labels,
      ExposedPorts: Object.fromEntries((service.expose ?? []).map((port) => [`${port}/tcp`, {}])),
      HostConfig: {
        NetworkMode: project,
        PortBindings: Object.fromEntries(ports),
      } as ContainerSpec['body']['HostConfig'],
    },
  };
}
