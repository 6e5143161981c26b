import type { Connection } from 'mongoose';
import type { Stores } from '../ports.js';
import { artifactStore } from './artifact-store.js';
import { auditLog } from './audit-log.js';
import { deploymentStore } from './deployment-store.js';
import { environmentStore } from './environment-store.js';
import { inboxStore } from './inbox-store.js';
import { logStore } from './log-store.js';
import { translatingErrors } from './outage.js';
import { projectStore } from './project-store.js';
import { repoStore } from './repo-store.js';
import { tokenStore } from './token-store.js';
import { userStore } from './user-store.js';

/** All stores over one connection. */
export function createStores(connection: Connection): Stores {
  return {
    environments: translatingErrors(environmentStore(connection)),
    deployments: translatingErrors(deploymentStore(connection)),
    logs: translatingErrors(logStore(connection)),
    projects: translatingErrors(projectStore(connection)),
    repos: translatingErrors(repoStore(connection)),
    users: translatingErrors(userStore(connection)),
    tokens: translatingErrors(tokenStore(connection)),
    inbox: translatingErrors(inboxStore(connection)),
    artifacts: translatingErrors(artifactStore(connection)),
    audit: translatingErrors(auditLog(connection)),
  };
}
