import type { Operations } from '../operation.js';
import { deploymentPages } from './deployments.js';
import { previewPages } from './previews.js';
import { shell } from './shell.js';

/** Every page of the dashboard, and every form on them. They are no part of the described API. */
export const PAGES = {
  ...shell,
  ...previewPages,
  ...deploymentPages,
} as const satisfies Operations;
