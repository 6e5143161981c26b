import type { OPERATIONS } from '../../src/contract/openapi.js';
import type { LogHub } from '../live/hub.js';
import type { Ports } from '../ports.js';
import type { Handlers } from './handler.js';
import { type InstanceHandlers } from './administration/instance.js';
import { peopleHandlers } from './administration/people.js';
import { configurationHandlers } from './configuration.js';
import { deliveryHandlers } from './deliveries.js';
import { deploymentHandlers } from './deployments.js';
import { environmentHandlers } from './environments.js';
import { historyHandlers } from './history.js';
import { logHandlers } from './logs.js';
import { accountHandlers } from './people/account.js';
import { apiTokenHandlers } from './people/api-tokens.js';
import { invitationHandlers } from './people/invitations.js';
import { passwordHandlers } from './people/passwords.js';
import { signInHandlers } from './people/sign-in.js';
import { memberHandlers } from './people/members.js';
import { notificationHandlers } from './notifications.js';
import { accessHandlers } from './previews/access.js';
import { screenshotHandlers } from './previews/screenshots.js';
import { projectHandlers } from './projects.js';
import { resourceHandlers } from './resources.js';
import { serverHandlers } from './server.js';
import { targetHandlers } from './targets.js';
import { programHandlers, uploadHandlers } from './uploads.js';

export interface HandlerParts {
  readonly ports: Ports;
  readonly hub: LogHub;
  readonly version: string;
  /** Asks the database for a sign of life. */
  readonly ping: () => Promise<void>;
  /** They know the process and what it stands on. */
  readonly instance: InstanceHandlers;
}

/** Every operation of the API with what it does: a noun, a file. */
export function createHandlers(parts: HandlerParts): Handlers<typeof OPERATIONS> {
  return {
    ...serverHandlers(parts),
    ...signInHandlers(parts.ports),
    ...accountHandlers,
    ...apiTokenHandlers,
    ...environmentHandlers,
    ...deploymentHandlers,
    ...logHandlers(parts),
    ...resourceHandlers,
    ...programHandlers,
    ...projectHandlers,
    ...memberHandlers,
    ...uploadHandlers,
    ...deliveryHandlers,
    ...historyHandlers,
    ...targetHandlers,
    ...configurationHandlers,
    ...notificationHandlers,
    ...passwordHandlers(parts.ports),
    ...invitationHandlers,
    ...accessHandlers,
    ...peopleHandlers,
    ...parts.instance,
    ...screenshotHandlers,
  };
}
