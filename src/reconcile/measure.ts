import type { LogPorts } from '../deployments/logs/store.js';
import type { Kinds, KindOfRoom, StatisticsPorts } from '../deployments/statistics.js';
import type { EnvironmentPorts } from '../environments/store.js';
import type { ImagePorts } from '../images/store.js';
import type { ProjectPorts } from '../projects/project.js';
import type { ScreenshotPorts } from '../screenshots/screenshot.js';
import type { LeasePorts, Tools } from '../shared/tools.js';
import type { ArtifactPorts, BlobPorts } from '../uploads/store.js';

type Ports = StatisticsPorts &
  EnvironmentPorts &
  ProjectPorts &
  ArtifactPorts &
  BlobPorts &
  ImagePorts &
  ScreenshotPorts &
  Pick<LogPorts, 'logs' | 'runtimeLogs'> &
  LeasePorts &
  Pick<Tools, 'clock' | 'newId'>;

const LEASE = 'measure';
/** Longer than it takes on a large server; a process that dies in it is followed by the next hour. */
const LEASE_MS = 30 * 60_000;
const PAGE = 200;

/**
 * Writes down how much room files, images, pictures and logs take and how many previews are alive, for the statistics: no page
 * has to count them. One server at a time does it. Answers how many projects were measured.
 */
export async function measure(ports: Ports): Promise<number> {
  const lease = { name: LEASE, owner: ports.newId(), ms: LEASE_MS };
  if (!(await ports.leases.acquire(lease))) return 0;
  try {
    const rooms = await roomsOf(ports);
    await measureServer(ports, rooms.server);
    return await measureProjects(ports, rooms.projects);
  } finally {
    await ports.leases.release(lease);
  }
}

/** Everything that the blob store has, and what the database has of logs. */
async function measureServer(ports: Ports, room: Room): Promise<void> {
  const { blobs, environments, statistics, logs, runtimeLogs, clock } = ports;
  let [bytes, files] = [0, 0];
  for await (const { size } of blobs.list()) {
    bytes += size;
    files += 1;
  }
  const [previews, ...logBytes] = await Promise.all([
    environments.countAllActive(),
    logs.bytes(),
    runtimeLogs.bytes(),
  ]);
  const measured = { at: clock.now(), previews, bytes, files, kinds: room.kinds };
  await statistics.measure(undefined, { ...measured, logBytes: logBytes.reduce((sum, one) => sum + one, 0) });
}

/** What each has. What two projects have counts for both: neither could do without it. */
async function measureProjects(ports: Ports, rooms: ReadonlyMap<string, Room>): Promise<number> {
  let [measured, cursor]: [number, string | null] = [0, null];
  do {
    const page = { limit: PAGE, ...(cursor !== null && { cursor }) };
    const { items, nextCursor } = await ports.projects.list({}, page);
    for (const { id } of items) {
      const previews = await ports.environments.countActive(id);
      const room = rooms.get(id);
      if (previews === 0 && !room) continue;
      const { kinds } = room ?? newRoom();
      const { bytes, count: files } = kinds.uploads;
      await ports.statistics.measure(id, { at: ports.clock.now(), previews, bytes, files, kinds });
      measured += 1;
    }
    cursor = nextCursor;
  } while (cursor !== null);
  return measured;
}

/** What has been counted, by hash, so that each counts once. */
interface Room {
  readonly kinds: Record<KindOfRoom, { bytes: number; count: number }>;
  readonly seen: Record<KindOfRoom, Set<string>>;
}

const newRoom = (): Room => ({
  kinds: {
    uploads: { bytes: 0, count: 0 },
    images: { bytes: 0, count: 0 },
    pictures: { bytes: 0, count: 0 },
  } satisfies Kinds,
  seen: { uploads: new Set(), images: new Set(), pictures: new Set() },
});

interface Held {
  readonly projectId: string;
  readonly kind: KindOfRoom;
  readonly hash: string;
  readonly size: number;
  /** A layer of an image takes room, and is no image. */
  readonly isCounted: boolean;
}

async function roomsOf(ports: Ports) {
  const server = newRoom();
  const projects = new Map<string, Room>();
  for await (const held of allHeld(ports)) {
    const own = projects.get(held.projectId) ?? newRoom();
    projects.set(held.projectId, own);
    for (const room of [server, own]) add(room, held);
  }
  return { server, projects };
}

function add({ kinds, seen }: Room, { kind, hash, size, isCounted }: Held): void {
  if (seen[kind].has(hash)) return;
  seen[kind].add(hash);
  kinds[kind].bytes += size;
  if (isCounted) kinds[kind].count += 1;
}

async function* allHeld({ artifacts, images, screenshots }: Ports): AsyncGenerator<Held> {
  for await (const { projectId, files, complete } of artifacts.list())
    if (complete)
      for (const { hash, size } of files) yield { projectId, kind: 'uploads', hash, size, isCounted: true };
  for await (const { projectId, digest, size, isImage } of images.held())
    yield { projectId, kind: 'images', hash: digest, size, isCounted: isImage };
  for await (const { projectId, pictures } of screenshots.held())
    for (const { hash, size } of pictures) yield { projectId, kind: 'pictures', hash, size, isCounted: true };
}
