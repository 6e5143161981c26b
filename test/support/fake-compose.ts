import { VitrineError } from '../../src/shared/errors.js';
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
        const id = there.get(name) ?? (await engine.createContainer(containerOf(project, { name, service })));
        there.set(name, id);
        await engine.startContainer(id);
        log(`Container ${name} Started`);
      }
      return { ok: true };
    },
    async start(project) {
      for (const id of known(project).values()) await engine.startContainer(id);
      return { ok: true };
    },
  };
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
