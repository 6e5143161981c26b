import type { projectPages } from '../../../../src/contract/dashboard/projects.js';
import type { Handlers } from '../../../api/handler.js';
import type { Shell } from '../shell.js';
import { projectAccessPage } from './access.js';
import { projectLimitsAndDanger } from './limits-and-danger.js';
import { projectMembersPage } from './members.js';
import { projectNotificationsPage } from './notifications.js';
import { projectOverview } from './overview.js';
import { projectSettingsPage } from './settings.js';
import { projectVariablesPage } from './variables.js';

/** Every page of a project. */
export function projectsPages(
  shell: Shell,
): Handlers<typeof projectPages> & ReturnType<typeof projectAccessPage> {
  return {
    ...projectOverview(shell),
    ...projectSettingsPage(shell),
    ...projectAccessPage(shell),
    ...projectVariablesPage(shell),
    ...projectMembersPage(shell),
    ...projectNotificationsPage(shell),
    ...projectLimitsAndDanger(shell),
  };
}
