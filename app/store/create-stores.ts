import type { Connection } from 'mongoose';
import type { Stores } from '../ports.js';
import { inboxStore } from './deliveries/store.js';
import { logStore } from './deployments/logs.js';
import { deploymentStore } from './deployments/store.js';
import { environmentStore } from './environments/store.js';
import { tokenStore } from './people/api-tokens.js';
import { auditLog } from './people/audit-log.js';
import { userStore } from './people/users.js';
import { projectStore } from './projects/store.js';
import { repoStore } from './repositories/store.js';
import { translatingErrors } from './shared/outage.js';
import { artifactStore } from './uploads/artifacts.js';

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
