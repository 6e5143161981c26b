import type { StatisticsPorts } from '../deployments/statistics.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { ProjectPorts } from '../projects/project.js';
import type { LeasePorts, Tools } from '../shared/tools.js';
import type { ArtifactPorts, BlobPorts } from './store.js';

type Ports = StatisticsPorts &
  EnvironmentPorts &
  ProjectPorts &
  ArtifactPorts &
  BlobPorts &
  LeasePorts &
  Pick<Tools, 'clock' | 'newId'>;

const LEASE = 'measure';
/** Longer than it takes on a large server; a process that dies in it is followed by the next hour. */
const LEASE_MS = 30 * 60_000;
const PAGE = 200;

/** Files by their hash, so that each counts once. */
interface Room {
  bytes: number;
  readonly hashes: Set<string>;
}

/**
 * Writes down how much room the files take and how many previews are alive, for the statistics: nobody has to count them when a page is
 * shown. One server at a time does it. Answers how many projects were measured.
 */
export async function measure(ports: Ports): Promise<number> {
  const lease = { name: LEASE, owner: ports.newId(), ms: LEASE_MS };
  if (!(await ports.leases.acquire(lease))) return 0;
  try {
    await measureServer(ports);
    return await measureProjects(ports);
  } finally {
    await ports.leases.release(lease);
  }
}

/** Everything that the blob store has, images too. */
async function measureServer({ blobs, environments, statistics, clock }: Ports): Promise<void> {
  let [bytes, files] = [0, 0];
  for await (const { size } of blobs.list()) {
    bytes += size;
    files += 1;
  }
  const previews = await environments.countAllActive();
  await statistics.measure(undefined, { at: clock.now(), previews, bytes, files });
}

/** The uploaded files of each. What two projects have counts for both: neither could do without it. */
async function measureProjects(ports: Ports): Promise<number> {
  const rooms = await roomsOf(ports);
  let [measured, cursor]: [number, string | null] = [0, null];
  do {
    const page = { limit: PAGE, ...(cursor !== null && { cursor }) };
    const { items, nextCursor } = await ports.projects.list({}, page);
    for (const { id } of items) {
      const previews = await ports.environments.countActive(id);
      const room = rooms.get(id);
      if (previews === 0 && !room) continue;
      const { bytes, hashes } = room ?? { bytes: 0, hashes: new Set() };
      await ports.statistics.measure(id, { at: ports.clock.now(), previews, bytes, files: hashes.size });
      measured += 1;
    }
    cursor = nextCursor;
  } while (cursor !== null);
  return measured;
}

async function roomsOf({ artifacts }: ArtifactPorts): Promise<ReadonlyMap<string, Room>> {
  const rooms = new Map<string, Room>();
  for await (const { projectId, files, complete } of artifacts.list()) {
    if (!complete) continue;
    const room = rooms.get(projectId) ?? { bytes: 0, hashes: new Set<string>() };
    rooms.set(projectId, room);
    for (const { hash, size } of files) {
      if (room.hashes.has(hash)) continue;
      room.hashes.add(hash);
      room.bytes += size;
    }
  }
  return rooms;
}
