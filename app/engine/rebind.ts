import { z } from 'zod';
import { isVitrineError } from '../../src/shared/errors.js';
import { unlessGone } from './answers.js';
import type { EngineConnection } from './connection.js';

/** All else that the engine says is given to it again as it is. */
const Described = z.object({
  Id: z.string(),
  Name: z.string(),
  Config: z.looseObject({ Hostname: z.string().nullish() }),
  HostConfig: z.looseObject({ NetworkMode: z.string() }),
  NetworkSettings: z.object({
    Networks: z.record(z.string(), z.looseObject({ Aliases: z.array(z.string()).nullish() })).nullish(),
  }),
});

const Made = z.object({ Id: z.string() });

const PATIENCE_MS = 120_000;

/**
 * The engine cannot change the ports of a container. Until the new one is there the old one stays, under another name: by its labels
 * it is found after a crash.
 */
export async function rebindContainer(
  connection: EngineConnection,
  id: string,
  hostPorts: Readonly<Record<string, number>>,
): Promise<string> {
  const at = (one: string) => `/containers/${encodeURIComponent(one)}`;
  const post = async (path: string, more: { query?: Record<string, string>; body?: unknown }) =>
    (await connection.send({ method: 'POST', path, patienceMs: PATIENCE_MS, ...more })).resume();
  const old = Described.parse(await connection.read({ method: 'GET', path: `${at(id)}/json` }));
  const name = old.Name.replace(/^\//, '').replace(ASIDE, '');
  await post(`${at(id)}/rename`, { query: { name: `${name}-aside-${old.Id.slice(0, 12)}` } }).catch(
    (error: unknown) => {
      // A crash left it so.
      if (!ASIDE.test(old.Name)) throw error;
    },
  );
  const body = bodyOf(old, hostPorts);
  const made = await connection
    .read({ method: 'POST', path: '/containers/create', query: { name }, body })
    .catch(async (error: unknown) => {
      // A crash came after it was made.
      const left = isVitrineError(error) && error.code === 'conflict';
      const found = left && (await unlessGone(connection.read({ method: 'GET', path: `${at(name)}/json` })));
      if (!found) throw error;
      return found;
    });
  const { Id } = Made.parse(made);
  for (const [network, { Aliases }] of networksOf(old).slice(1)) {
    const joining = { Container: Id, EndpointConfig: { Aliases: aliasesOf(old, Aliases) } };
    await post(`/networks/${encodeURIComponent(network)}/connect`, { body: joining });
  }
  // What it has in volumes belongs to the new one by now.
  const query = { force: 'true', v: 'true' };
  const removal = connection.send({ method: 'DELETE', path: at(id), query, patienceMs: PATIENCE_MS });
  (await unlessGone(removal))?.resume();
  return Id;
}

const ASIDE = /-aside-[0-9a-f]{12}$/;

type Old = z.infer<typeof Described>;

function bodyOf(old: Old, hostPorts: Readonly<Record<string, number>>): unknown {
  const { Config, HostConfig } = old;
  const bindings = Object.entries(hostPorts).map(
    ([port, HostPort]) => [port, [{ HostIp: '127.0.0.1', HostPort: String(HostPort) }]] as const,
  );
  const [first] = networksOf(old);
  return {
    ...Config,
    // It would be that of the old one.
    Hostname: undefined,
    HostConfig: { ...HostConfig, PortBindings: Object.fromEntries(bindings), VolumesFrom: [old.Id] },
    ...(first && {
      NetworkingConfig: { EndpointsConfig: { [first[0]]: { Aliases: aliasesOf(old, first[1].Aliases) } } },
    }),
  };
}

/** The one that it was made for comes first. */
function networksOf({ HostConfig, NetworkSettings }: Old) {
  const isFirst = (name: string) => name === HostConfig.NetworkMode;
  return Object.entries(NetworkSettings.Networks ?? {}).sort(
    ([one], [other]) => Number(isFirst(other)) - Number(isFirst(one)),
  );
}

/** Older engines add the start of its id. */
function aliasesOf({ Id }: Old, aliases: readonly string[] | null | undefined): string[] {
  return (aliases ?? []).filter((alias) => !Id.startsWith(alias));
}
