import type { StartDeploymentAnswer } from '../../src/contract/schemas.js';

/** The server's yes. */
export type Started = Extract<StartDeploymentAnswer, { proceed: true }>;
