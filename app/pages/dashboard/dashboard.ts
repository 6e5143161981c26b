import type { PAGES } from '../../../src/contract/dashboard/pages.js';
import type { InstanceHandlers } from '../../api/administration/instance.js';
import type { Handlers } from '../../api/handler.js';
import { deploymentPage } from './deployment/page.js';
import { administrationPages } from './administration/pages.js';
import { deliveriesPage } from './deliveries/list.js';
import { deliveryPage } from './deliveries/one.js';
import { accountPage } from './account/account.js';
import { overviewPages } from './overview.js';
import { projectsPages } from './projects/pages.js';
import { previewPage } from './preview.js';
import { statisticsPage } from './statistics/page.js';
import { createShell } from './shell.js';
import { shellHandlers } from './shell-handlers.js';
import { startPages } from './start/start.js';
import type { DashboardSite } from './start/steps.js';
import type { StartWatch } from './stream.js';

interface Parts {
  readonly watch: StartWatch;
  readonly instance: InstanceHandlers;
  readonly site: DashboardSite;
}

/** Every page of the dashboard. Templates are read and parsed here, once. */
export function createDashboard({ watch, instance, site }: Parts): Handlers<typeof PAGES> {
  const shell = createShell();
  return {
    ...shellHandlers(shell),
    ...overviewPages(shell, watch),
    ...previewPage(shell, watch),
    ...deploymentPage(shell, watch),
    ...deliveriesPage(shell, watch),
    ...deliveryPage(shell, watch),
    ...statisticsPage(shell, watch),
    ...administrationPages(shell, { instance, watch }),
    ...projectsPages(shell),
    ...startPages(shell, { watch, site }),
    ...accountPage(shell),
  };
}
