import { deliver } from '../../src/notifications/deliver.js';
import type { NotificationClaim } from '../../src/notifications/notification.js';
import { raiseNotifications } from '../../src/notifications/raise.js';
import { createLeaseWorker } from './lease-worker.js';

type Ports = Parameters<typeof raiseNotifications>[0] & Parameters<typeof deliver>[0];

/** Longer than the longest send: a mail server may take its time. */
const LEASE_MS = 90_000;
const POLL_MS = 2_000;
const AT_ONCE = 8;
const ANNOUNCEMENTS = 50;

interface NotifierOptions {
  readonly ports: Ports;
  readonly owner: string;
  readonly leaseMs?: number;
}

/** Makes notifications of what was announced, and sends those that are due. */
export function createNotifier({ ports, owner, leaseMs = LEASE_MS }: NotifierOptions) {
  const { log } = ports;
  return createLeaseWorker<NotificationClaim>({
    name: 'notifications',
    log,
    async claim(room) {
      await raiseNotifications(ports, ANNOUNCEMENTS);
      return ports.notifications.claim({ owner, leaseMs }, room);
    },
    async work(claim) {
      try {
        await deliver(ports, claim);
      } catch (error) {
        // Its lease runs out, and another worker goes on.
        log('warn', 'a notification could not be worked on', { notification: claim.notification.id, error });
      }
    },
    room: () => AT_ONCE,
    pollMs: POLL_MS,
  });
}
