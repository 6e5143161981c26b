import type { Operations } from '../operation.js';
import { accessPages } from './access.js';
import { deploymentPages } from './deployments.js';
import { administrationPages } from './administration.js';
import { deliveryPages } from './deliveries.js';
import { accountPages } from './account.js';
import { previewPages } from './previews.js';
import { projectPages } from './projects.js';
import { shell } from './shell.js';
import { statisticsPages } from './statistics.js';
import { startPages } from './start.js';

/** Every page of the dashboard, and every form on them. They are no part of the described API. */
export const PAGES = {
  ...shell,
  ...previewPages,
  ...accessPages,
  ...deploymentPages,
  ...deliveryPages,
  ...statisticsPages,
  ...administrationPages,
  ...projectPages,
  ...startPages,
  ...accountPages,
} as const satisfies Operations;
