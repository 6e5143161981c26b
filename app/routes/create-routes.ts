import type { RouteName } from '../../src/contract/routes.js';
import type { ApiRoute } from '../http/api-route.js';
import { appendLogs } from './append-logs.js';
import { deployment } from './deployment.js';
import { destroyEnvironment } from './destroy-environment.js';
import { environmentDeployments } from './environment-deployments.js';
import { environment, environmentByNamespace } from './environment.js';
import { createReady, health } from './health.js';
import { createHome } from './home.js';
import { listDeliveries } from './list-deliveries.js';
import { listEnvironments } from './list-environments.js';
import { createOpenApi } from './openapi.js';
import { readLogs } from './read-logs.js';
import { recordProgress } from './record-progress.js';
import { startDeployment } from './start-deployment.js';
import { uploadPack, uploadPlan } from './upload.js';

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
