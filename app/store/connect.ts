import type { Connection } from 'mongoose';
import type { PreviewAccessPorts } from '../../src/access/store.js';
import type { InboxStore } from '../../src/deliveries/store.js';
import type { Stores } from '../ports.js';
import { inboxStore } from './deliveries/store.js';
import { previewLinkStore } from './access/links.js';
import { previewPasswordStore } from './access/passwords.js';
import { containerStore } from './containers/store.js';
import { statisticsStore } from './deployments/statistics.js';
import { deploymentStore } from './deployments/store.js';
import { environmentStore } from './environments/store.js';
import { imageStore } from './images/store.js';
import { screenshotStore } from './screenshots/store.js';
import { healthCheckStore } from './logs/health-checks.js';
import { logStore } from './logs/store.js';
import { logRetentionStore, logWordStore } from './logs/words.js';
import { migrate, type MigrationStatus, statusOf } from './migrations/migrate.js';
import { announcementStore } from './notifications/announcements.js';
import { channelStore } from './notifications/channels.js';
import { notificationStore } from './notifications/store.js';
import { openConnection, type StoreAddress } from './open-connection.js';
import { tokenStore } from './people/api-tokens.js';
import { auditLog } from './people/audit-log.js';
import { githubConnectionStore } from './people/github-connections.js';
import { invitationStore } from './people/invitations.js';
import { memberStore } from './people/members.js';
import { EMAIL_VERIFICATIONS, linkStore, PASSWORD_RESETS, passwordStore } from './people/passwords.js';
import { sessionStore } from './people/sessions.js';
import { pendingSignInStore } from './people/sign-ins.js';
import { idempotencyStore } from './people/idempotency.js';
import { requestRateStore } from './people/request-rates.js';
import { userStore } from './people/users.js';
import { projectStore } from './projects/store.js';
import { repoStore } from './repositories/store.js';
import { secretStore, variableStore } from './secrets/entries.js';
import { deliveredStore, sealedCollections } from './secrets/sealed.js';
import { jobRunStore } from './shared/job-runs.js';
import { leaseStore } from './shared/lease.js';
import { asVitrineError, translatingErrors } from './shared/outage.js';
import { MAX_TIME_MS } from './shared/query.js';
import { artifactStore } from './uploads/artifacts.js';

export interface Store {
  readonly stores: Stores;
  /** Rejects when the database does not answer. */
  ping(): Promise<void>;
  /** Every migration that this program knows or the database has, oldest first. */
  migrations(): Promise<readonly MigrationStatus[]>;
  close(): Promise<void>;
}

export interface ConnectOptions extends StoreAddress {
  /** Wraps the stores before anything uses them. */
  readonly around?: ((stores: Stores) => Stores) | undefined;
  /** Called once, as soon as webhooks can be stored. A database that is in use takes them while it is migrated. */
  readonly onInbox?: ((inbox: InboxStore) => void) | undefined;
}

/** Connects, brings the database to the version of this code, and returns the stores. */
export async function connectStore({ around, onInbox, ...address }: ConnectOptions): Promise<Store> {
  const connection = await openConnection(address);
  const stores = around ? around(createStores(connection)) : createStores(connection);
  try {
    await migrate({ connection, log: address.log, onUsable: () => onInbox?.(stores.inbox) });
  } catch (error) {
    await connection.destroy();
    throw asVitrineError(error);
  }
  return {
    stores,
    ping: () => ping(connection),
    migrations: () => statusOf(connection),
    close: () => connection.destroy(),
  };
}

async function ping(connection: Connection): Promise<void> {
  try {
    await connection.getClient().db('admin').command({ ping: 1 }, { timeoutMS: MAX_TIME_MS });
  } catch (error) {
    throw asVitrineError(error);
  }
}

/** All stores over one connection. */
export function createStores(connection: Connection): Stores {
  return {
    environments: translatingErrors(environmentStore(connection)),
    deployments: translatingErrors(deploymentStore(connection)),
    statistics: translatingErrors(statisticsStore(connection)),
    containers: translatingErrors(containerStore(connection)),
    ...createLogStores(connection),
    projects: translatingErrors(projectStore(connection)),
    repos: translatingErrors(repoStore(connection)),
    users: translatingErrors(userStore(connection)),
    sessions: translatingErrors(sessionStore(connection)),
    pendingSignIns: translatingErrors(pendingSignInStore(connection)),
    connections: translatingErrors(githubConnectionStore(connection)),
    members: translatingErrors(memberStore(connection)),
    passwordHashes: translatingErrors(passwordStore(connection)),
    passwordResets: translatingErrors(linkStore(connection, PASSWORD_RESETS)),
    verifications: translatingErrors(linkStore(connection, EMAIL_VERIFICATIONS)),
    ...createAccessStores(connection),
    invitations: translatingErrors(invitationStore(connection)),
    channels: translatingErrors(channelStore(connection)),
    notifications: translatingErrors(notificationStore(connection)),
    announcements: translatingErrors(announcementStore(connection)),
    tokens: translatingErrors(tokenStore(connection)),
    inbox: translatingErrors(inboxStore(connection)),
    ...fileStores(connection),
    audit: translatingErrors(auditLog(connection)),
    idempotency: translatingErrors(idempotencyStore(connection)),
    requestRates: translatingErrors(requestRateStore(connection)),
    variables: translatingErrors(variableStore(connection)),
    secrets: translatingErrors(secretStore(connection)),
    delivered: translatingErrors(deliveredStore(connection)),
    sealed: sealedCollections(connection).map(translatingErrors),
    leases: translatingErrors(leaseStore(connection)),
    jobRuns: translatingErrors(jobRunStore(connection)),
  };
}

/** What deployments say while they run. */
function createLogStores(connection: Connection) {
  return {
    logs: translatingErrors(logStore(connection, 'logs')),
    runtimeLogs: translatingErrors(logStore(connection, 'runtimeLogs')),
    logWords: translatingErrors(logWordStore(connection)),
    logRetention: translatingErrors(logRetentionStore(connection)),
    healthChecks: translatingErrors(healthCheckStore(connection)),
  };
}

/** Of protected previews. */
function createAccessStores(connection: Connection): PreviewAccessPorts {
  return {
    previewPasswords: translatingErrors(previewPasswordStore(connection)),
    previewLinks: translatingErrors(previewLinkStore(connection)),
  };
}

/** What names the files of the blob store. */
function fileStores(connection: Connection): Pick<Stores, 'artifacts' | 'images' | 'screenshots'> {
  return {
    artifacts: translatingErrors(artifactStore(connection)),
    images: translatingErrors(imageStore(connection)),
    screenshots: translatingErrors(screenshotStore(connection)),
  };
}
