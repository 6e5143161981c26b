import type { RouteName } from '../../src/contract/routes.js';
import { listDeliveries } from './deliveries/list.js';
import { appendLogs, readLogs } from './deployments/logs.js';
import { recordProgress } from './deployments/progress.js';
import { deployment, environmentDeployments } from './deployments/read.js';
import { startDeployment } from './deployments/start.js';
import { uploadPack, uploadPlan } from './deployments/upload.js';
import { destroyEnvironment } from './environments/destroy.js';
import { environment, environmentByNamespace, listEnvironments } from './environments/read.js';
import { createReady, health } from './health.js';
import { createHome } from './home.js';
import { createOpenApi } from './openapi.js';
import type { ApiRoute } from './route.js';

/** Every route of the contract, and nothing else: the type says so. */
export function createRoutes({ ping, version }: { ping: () => Promise<void>; version: string }) {
  const routes: Readonly<Record<RouteName, ApiRoute>> = {
    home: createHome(version),
    health,
    ready: createReady(ping),
    openapi: createOpenApi(version),
    listEnvironments,
    environmentByNamespace,
    environment,
    environmentDeployments,
    destroyEnvironment,
    startDeployment,
    deployment,
    recordProgress,
    appendLogs,
    readLogs,
    uploadPlan,
    uploadPack,
    listDeliveries,
  };
  return routes;
}
