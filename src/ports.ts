import type { PreviewBase } from './shared/preview-url.js';
/** What the core asks of the world. Each port has a contract suite under test/contracts that every implementation passes. */
import type { ArtifactStore, BlobStore } from './ports-artifacts.js';
import type { TokenStore } from './people/api-token.js';
import type { AuditLog } from './people/audit-log.js';
import type { ProjectStore, RepoStore } from './projects/project.js';
import type { UserStore } from './people/user.js';
import type { DeploymentStore, LogStore } from './deployments/store.js';
import type { EnvironmentStore } from './environments/store.js';
import type { GitHub, Reporter } from './repositories/github.js';
import type { InboxStore } from './deliveries/store.js';
import type { Uploads } from './ports/uploads.js';
import type { Clock, Log } from './shared/tools.js';
import type { Target } from './targets/target.js';

export interface Stores {
  readonly environments: EnvironmentStore;
  readonly deployments: DeploymentStore;
  readonly logs: LogStore;
  readonly projects: ProjectStore;
  readonly repos: RepoStore;
  readonly users: UserStore;
  readonly tokens: TokenStore;
  readonly inbox: InboxStore;
  readonly artifacts: ArtifactStore;
  readonly audit: AuditLog;
}

export interface Ports extends Stores {
  readonly blobs: BlobStore;
  readonly uploads: Uploads;
  readonly github: GitHub;
  readonly reporter: Reporter;
  readonly targets: ReadonlyMap<string, Target<unknown, unknown>>;
  /** What the settings mean when they name no target. */
  readonly defaultTarget: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly newId: () => string;
  readonly previewBase: PreviewBase;
  readonly publicUrl: string;
}
