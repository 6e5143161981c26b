import { z } from 'zod';
import type { ContainerOrigin } from '../../src/targets/docker/engine.js';

const Amount = z
  .number()
  .nullish()
  .transform((value) => value ?? 0);
const Texts = z
  .array(z.string())
  .nullish()
  .transform((values) => values ?? []);
const Named = z
  .record(z.string(), z.string())
  .nullish()
  .transform((values) => values ?? {});

/** The parts of the engine's answer that this server has set itself. */
const Origin = z.object({
  Config: z.object({ Image: z.string(), User: z.string().default(''), Env: Texts }),
  HostConfig: z.object({
    NetworkMode: z.string(),
    PortBindings: z
      .record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })))
      .nullish()
      .transform((bindings) => bindings ?? {}),
    Memory: Amount,
    MemorySwap: Amount,
    NanoCpus: Amount,
    PidsLimit: Amount,
    CapDrop: Texts,
    SecurityOpt: Texts,
    ReadonlyRootfs: z.boolean(),
    Tmpfs: Named,
    Binds: Texts,
    Privileged: z.boolean(),
    Init: z
      .boolean()
      .nullish()
      .transform((value) => value ?? false),
    RestartPolicy: z.object({ Name: z.enum(['no', 'on-failure']), MaximumRetryCount: z.number() }),
    Ulimits: z
      .array(z.object({ Name: z.string(), Soft: z.number(), Hard: z.number() }))
      .nullish()
      .transform((limits) => limits ?? []),
    LogConfig: z.object({ Type: z.string(), Config: Named }),
  }),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()).nullish() }),
});

/** What the engine's description of a container says of its making. */
export function originIn(described: unknown): ContainerOrigin {
  const { Config, HostConfig, NetworkSettings } = Origin.parse(described);
  return { ...Config, HostConfig, networks: Object.keys(NetworkSettings.Networks ?? {}) };
}
